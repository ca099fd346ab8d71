package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var builds struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if builds.dir != "" {
		_ = os.RemoveAll(builds.dir) // a leftover does no harm
	}
	os.Exit(code)
}

// binary builds the program once, and returns where it is.
func binary(t *testing.T) string {
	t.Helper()
	builds.once.Do(func() {
		if builds.dir, builds.err = os.MkdirTemp("", "purser-binary"); builds.err != nil { //nolint:usetesting // it outlives the test
			return
		}
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", builds.dir, "purser").CombinedOutput(); err != nil {
			builds.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if builds.err != nil {
		t.Fatal(builds.err)
	}
	return filepath.Join(builds.dir, "purser")
}

// process is a server that runs by itself.
type process struct {
	cmd  *exec.Cmd
	url  string
	said []string // the lines on its standard output so far
	out  *bufio.Scanner
	log  bytes.Buffer
}

var address = regexp.MustCompile(`serves (http://[0-9.:]+)/graphql`)

// start starts purser serve on a free port and waits until it has said where and answers. Whatever
// happens, it is gone when the test ends.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), binary(t), append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)}
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), env...), &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill(t) })
	last := "/graphql"
	if strings.Contains(strings.Join(args, " "), "--demo") {
		last = "#token="
	}
	p.out = bufio.NewScanner(out)
	for p.out.Scan() {
		p.said = append(p.said, p.out.Text())
		if m := address.FindStringSubmatch(p.out.Text()); m != nil {
			p.url = m[1]
		}
		if p.url != "" && strings.Contains(p.out.Text(), last) {
			healthy(t, p.url)
			return p
		}
	}
	t.Fatalf("the server did not start: %q\n%s", p.said, p.log.String())
	return nil
}

// nextLine returns what it said after it had started.
func (p *process) nextLine(t *testing.T) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("it said no more: %v\n%s", p.out.Err(), p.log.String())
	}
	p.said = append(p.said, p.out.Text())
	return p.out.Text()
}

// healthy waits until the server answers, which listens already.
func healthy(t *testing.T, base string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the server is not well: %s %v", res.Status, err)
	}
}

// kill ends the process as a power failure would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = p.cmd.Wait() // it was killed
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// terminate asks the process to end, and fails the test unless it does so well and within ten seconds.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	began := time.Now()
	late := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("after SIGTERM: %v\n%s", err, p.log.String())
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("it took %v to end", d)
	}
}

// ask sends a query with a token and decodes the data of the answer into data.
func ask(ctx context.Context, base, token, query string, variables map[string]any, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(b, &answer); err != nil {
		return err
	}
	if answer.Errors != nil || res.StatusCode != http.StatusOK {
		return errors.New(string(b))
	}
	return json.Unmarshal(answer.Data, data)
}
