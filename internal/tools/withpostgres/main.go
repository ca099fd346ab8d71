// Command withpostgres runs a command beside a throw-away PostgreSQL server:
//
//	go run ./internal/tools/withpostgres go test ./...
//
// The command finds the server in PURSER_TEST_POSTGRES. Where that is set already, the server it
// names is used; where PostgreSQL is not installed, the command runs without one (in CI it does not).
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

const variable = "PURSER_TEST_POSTGRES"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) error {
	if len(command) == 0 {
		return errors.New("usage: withpostgres COMMAND …")
	}
	env := os.Environ()
	if os.Getenv(variable) == "" {
		bin, err := binaries()
		switch {
		case err == nil:
			s, err := start(ctx, bin)
			if err != nil {
				return err
			}
			defer s.stop(context.WithoutCancel(ctx))
			env = append(env, variable+"="+s.url)
		case os.Getenv("CI") != "":
			return err
		default:
			fmt.Fprintln(os.Stderr, "withpostgres:", err, "– going on with SQLite alone")
		}
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // whoever calls it says what to run
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// binaries returns the folder of the server's programs, the newest where there are several.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well-formed
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

type server struct {
	bin, dir, url string
	as            *syscall.SysProcAttr
}

// start makes a database cluster in a temporary folder and serves it on a free port.
func start(ctx context.Context, bin string) (*server, error) {
	dir, err := os.MkdirTemp("", "purser-postgres")
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir}
	if err := s.yield(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.url = fmt.Sprintf("postgres://purser@127.0.0.1:%d/postgres?sslmode=disable", port)
	data := filepath.Join(dir, "data")
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -p %d -c unix_socket_directories=%s -c fsync=off -c max_connections=200", port, dir)
	err = s.command(ctx, "initdb", "-D", data, "-U", "purser", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if err == nil {
		err = s.command(ctx, "pg_ctl", "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", options, "start")
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// yield hands the folder to nobody when this runs as root, as whom PostgreSQL refuses to run.
func (s *server) yield() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *server) stop(ctx context.Context) {
	err := s.command(ctx, "pg_ctl", "-D", filepath.Join(s.dir, "data"), "-m", "immediate", "-w", "stop")
	if err := errors.Join(err, os.RemoveAll(s.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
}

func (s *server) command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // the server's own programs
	cmd.Dir, cmd.SysProcAttr = s.dir, s.as
	out, err := os.CreateTemp("", "purser-postgres-out") // a pipe would stay open with the server
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out.Name()) }() // a leftover does no harm
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	return out.Close()
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }() // it was only asked for its port
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("%v is no TCP address", l.Addr())
	}
	return addr.Port, nil
}
