package cli

import "net"

// HasPage tells whether a server at the address serves GraphiQL.
func HasPage(graphiql string, at net.Addr, demo bool) (bool, error) {
	h, err := (&edgeOptions{Graphiql: graphiql}).page(at, demo)
	return h != nil, err
}
