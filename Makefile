# What a maintainer does. CONTRIBUTING.md says when.

GOLANGCI_LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: run test race browser conformance clients oidc schema vuln lint generate drift graphiql bench fuzz soak

run: ## the server with demo data
	go run . --demo

test: ## everything in Go, on SQLite and on a throw-away PostgreSQL
	go run ./internal/tools/withpostgres go test ./...

race: ## the same under the race detector
	go run ./internal/tools/withpostgres go test -race ./...

browser: ## GraphiQL and the bootstrap page in a real Chromium
	cd web/browsertest && npm ci --silent && ../withserver.sh npm test

conformance: ## the GraphQL over HTTP audits of graphql-http
	cd web/conformance && npm ci --silent && ../withserver.sh npm test

clients: ## the clients that people use: graphql-ws, graphql-sse, urql, Apollo Client, genqlient
	cd web/clients && npm ci --silent && ../withserver.sh npm test
	cd web/genqlient && go generate && ../withserver.sh go test -count 1 -timeout 2m ./...

oidc: ## signing in at a real OpenID provider
	cd web/oidc && npm ci --silent && ../withserver.sh npm test

schema: ## schema.graphql by the rules of graphql-schema-linter and graphql-eslint, and through relay-compiler
	cd web/schema && npm ci --silent && npm test

vuln: ## known vulnerabilities, by govulncheck and a copy of the database
	.ci/vuln

lint:
	$(GOLANGCI_LINT) run ./...

generate: ## ent and gqlgen, from ent/schema and schema.graphql
	go generate ./...

drift: generate ## fails when what is checked in is not what is generated
	@test -z "$$(git status --porcelain)" || { git status --short; git diff | head -50; exit 1; }

graphiql: ## the GraphiQL page, from web/graphiql
	cd web/graphiql && npm ci --silent && npm run build

bench: ## ratios to a hand-written handler, on the medium demo
	go run ./internal/tools/withpostgres go run ./internal/bench

FUZZTIME = 30s
fuzz: ## each fuzz target for half a minute; what one finds stays in its testdata
	@grep -rEo '^func Fuzz[A-Za-z]+' --include='*_test.go' internal | sed -E 's,/[^/]+:func , ,' | while read -r dir name; do \
		echo "== $$dir $$name"; go test "./$$dir" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || exit 1; done

soak: ## breaks things for much longer than the tests do
	go run ./internal/tools/withpostgres go test ./internal/takeover ./internal/purchasing ./internal/licensing ./internal/policy ./internal/access -run TestEveryStatementFails -count 1
	go run ./internal/tools/withpostgres go test ./internal/takeover -run TestModel -rapid.checks 5000 -rapid.steps 50 -timeout 3h -count 1 -v
	go run ./internal/tools/withpostgres go test ./internal/cli -run TestKill -kills 1000 -timeout 3h -count 1 -v
	go test ./graph -run TestLean -lean-documents 170000 -timeout 3h -count 1 -v
	go run ./internal/tools/withpostgres go test ./internal/licensing -run TestLastSeat -races 10000 -timeout 3h -count 1 -v
	go run ./internal/tools/withpostgres go test ./internal/purchasing -run TestCatchUp -scale 1000000 -scale-due 10000 -timeout 2h -count 1 -v
	go run ./internal/tools/withpostgres go test ./internal/apitest -run TestHostile -hostile 1000000 -timeout 3h -count 1 -v
