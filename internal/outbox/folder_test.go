package outbox_test

import (
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"testing"
	"time"

	"purser/internal/outbox"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// TestFolder writes each mail to a file of its own, the same one when it is sent again.
func TestFolder(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	p := &post{World: w, box: outbox.New(w.IDs, w.Clock.Now), log: &logText{}}
	parent := t.TempDir()
	dir := filepath.Join(parent, "sub", "mail")
	d, err := outbox.ToFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	p.sender = outbox.NewSender(outbox.SenderDeps{DB: w.DB, Outbox: p.box, Delivery: d, Now: w.Clock.Now, Log: slog.New(slog.NewTextHandler(p.log, nil))})
	p.send(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("without mail there is a folder: %v", err)
	}
	// a file in the way of the folder
	if err := os.WriteFile(filepath.Join(parent, "sub"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	id := p.to(t, "avery@contoso.example")
	p.send(t)
	p.want(t, id, "QUEUED", 1, "The mail could not be written to a file")
	if err := os.Remove(filepath.Join(parent, "sub")); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(30 * time.Second)
	p.send(t)
	p.want(t, id, "SENT", 2, "The mail could not be written to a file")
	read := func() []byte {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
		if err != nil || len(files) != 1 || files[0] != filepath.Join(dir, id+".eml") || len(hidden) > 0 {
			t.Fatalf("the folder holds %v and %v", files, hidden)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := read()
	f, err := os.Open(filepath.Join(dir, id+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, err := mail.ReadMessage(f)
	if err != nil || m.Header.Get("From") != `"Purser" <purser@localhost>` || m.Header.Get("Message-ID") != "<"+id+"@localhost>" {
		t.Errorf("%v, %v", m, err)
	}
	// as if the process had ended before it could record that
	p.DB.Client().Notification.UpdateOneID(id).SetStatus("QUEUED").SetDueAt(0).ClearSentAt().ExecX(p.System(t))
	p.Clock.Advance(time.Hour)
	p.send(t)
	p.want(t, id, "SENT", 3, "written to a file")
	if again := read(); string(again) != string(first) {
		t.Errorf("the second time it is\n%s\nthe first time\n%s", again, first)
	}
	if _, err := outbox.ToFolder(dir, "nobody"); err == nil {
		t.Error("mail may come from no address")
	}
}
