package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync/atomic"
	"syscall"
	"time"

	"purser/internal/bench/handwritten"
	"purser/internal/cli"
)

// serveCommand makes this program one of the servers that it measures.
const serveCommand = "serve"

// The servers.
const (
	ours   = "purser"
	theirs = "handwritten"
)

// usage is what a server process has used up since it began.
type usage struct {
	CPU         time.Duration // in user and kernel mode
	Database    time.Duration // of PostgreSQL's processes, which the server itself does not know
	Allocations uint64
	Statements  int64
	Heap        uint64 // bytes now
	Stacks      uint64 // bytes now
	Goroutines  int
}

// serve runs a server until the context ends: which one, on which database, and where a CPU profile
// goes, if anywhere. It prints two addresses: where it tells its usage, and its own.
func serve(ctx context.Context, args []string) (err error) {
	which, database, profile := args[0], args[1], args[2]
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, f.Close())
		}()
	}
	switch which {
	case ours:
		log := &counter{}
		if err := control(ctx, log.n.Load); err != nil {
			return err
		}
		return servePurser(ctx, database, log)
	case theirs:
		debug.SetGCPercent(400) // as Purser's
		h, err := handwritten.New(ctx, database, max(4, runtime.GOMAXPROCS(0)), time.Now)
		if err != nil {
			return err
		}
		defer func() { _ = h.Close() }() // nothing is lost
		if err := control(ctx, h.Statements.Load); err != nil {
			return err
		}
		l, err := listen(ctx)
		if err != nil {
			return err
		}
		return serveHandler(ctx, l, h)
	}
	return fmt.Errorf("there is no server %q", which)
}

// control serves the process's usage, until the process ends.
func control(ctx context.Context, statements func() int64) error {
	l, err := listen(ctx)
	if err != nil {
		return err
	}
	go func() { _ = serveHandler(ctx, l, tell(statements)) }() // the parent notices
	return nil
}

// listen listens on a free port and prints where.
func listen(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Printf("http://%s\n", l.Addr())
	}
	return l, err
}

// servePurser runs the server just as its command line does.
func servePurser(ctx context.Context, database string, log io.Writer) error {
	p := cli.Program{Args: []string{"serve", "--addr", "127.0.0.1:0", "--database", database, "--rate-limit", "0", "--max-sockets", "0"}, Stdout: os.Stdout, Stderr: log, Now: time.Now}
	if code := p.Run(ctx); code != 0 {
		return fmt.Errorf("purser ended with exit code %d", code)
	}
	return nil
}

func serveHandler(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() }) // it only ends Serve
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// tell answers every request with the process's usage, with ?collect=1 after collecting the garbage.
func tell(statements func() int64) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		var r syscall.Rusage
		var m runtime.MemStats
		if req.URL.Query().Has("collect") {
			debug.FreeOSMemory()
		}
		runtime.ReadMemStats(&m)
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		cpu := time.Duration(r.Utime.Nano() + r.Stime.Nano())
		u := usage{CPU: cpu, Allocations: m.Mallocs, Statements: statements(), Heap: m.HeapAlloc, Stacks: m.StackInuse, Goroutines: runtime.NumGoroutine()}
		_ = json.NewEncoder(w).Encode(u) // else the parent is gone
	}
}

// counter adds up the statements that Purser logs of its requests.
type counter struct{ n atomic.Int64 }

// Write implements io.Writer. It takes no longer than the writing that it is there for.
func (c *counter) Write(line []byte) (int, error) {
	if _, rest, ok := bytes.Cut(line, []byte(" statements=")); ok {
		n := int64(0)
		for len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9' {
			n, rest = 10*n+int64(rest[0]-'0'), rest[1:]
		}
		c.n.Add(n)
	}
	return len(line), nil
}

// server is a running server process.
type server struct {
	process *exec.Cmd
	control string
	url     string
}

var address = regexp.MustCompile(`http://[0-9.:]+`)

// start starts a server process.
func start(ctx context.Context, which string, d *database, profile string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.CommandContext(ctx, self, serveCommand, which, d.url, profile)}
	s.process.Stderr = os.Stderr
	s.process.Cancel = func() error { return s.process.Process.Signal(syscall.SIGTERM) }
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for _, to := range []*string{&s.control, &s.url} {
		if !lines.Scan() {
			return nil, errors.Join(fmt.Errorf("the %s server did not start", which), s.stop())
		}
		*to = address.FindString(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // until it ends
	return s, nil
}

func (s *server) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.process.Wait()
}

func (s *server) usage(ctx context.Context) (usage, error) { return s.ask(ctx, s.control) }

// ask asks the server for its usage, at the address of its control.
func (s *server) ask(ctx context.Context, control string) (u usage, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, control, http.NoBody)
	if err != nil {
		return u, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return u, err
	}
	return u, errors.Join(json.NewDecoder(res.Body).Decode(&u), res.Body.Close())
}
