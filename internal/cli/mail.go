package cli

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"purser/internal/app"
	"purser/internal/outbox"
)

// mailOptions say where mail goes.
type mailOptions struct {
	SMTPURL     string `name:"smtp-url" help:"The mail server: smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465 (see docs/mail.md)." placeholder:"URL"`
	SMTPURLFile string `name:"smtp-url-file" help:"Read the mail server's URL from this file instead." type:"existingfile" placeholder:"FILE"`
	MailFrom    string `help:"The address that mail comes from, with or without a name." placeholder:"ADDRESS"`
	MailDir     string `help:"Without a mail server: the folder that mail is written to; by default beside an SQLite database." placeholder:"FOLDER"`
}

// delivery returns where mail goes; nil for nowhere.
func (o *mailOptions) delivery(database string, postgres bool) (*outbox.Delivery, error) {
	server := o.SMTPURL
	if o.SMTPURLFile != "" {
		b, err := os.ReadFile(o.SMTPURLFile)
		if err != nil {
			return nil, err
		}
		server = strings.TrimSpace(string(b))
	}
	switch {
	case server != "" && o.MailDir != "":
		return nil, fmt.Errorf("mail goes to a server or into a folder: give --smtp-url or --mail-dir")
	case server != "" && o.MailFrom == "":
		return nil, fmt.Errorf("mail to a server needs an address that it comes from: give --mail-from, or PURSER_MAIL_FROM")
	case server != "":
		return outbox.ToServer(server, o.MailFrom)
	case o.MailDir != "":
		return outbox.ToFolder(o.MailDir, o.MailFrom)
	case postgres:
		return nil, nil //nolint:nilnil // nowhere
	}
	file := strings.TrimPrefix(database, "file:")
	return outbox.ToFolder(strings.TrimSuffix(file, filepath.Ext(file))+"-mail", o.MailFrom)
}

// sendMail lets the workers send mail, and says in the log where it goes.
func (o *mailOptions) sendMail(s *session, v *app.App) error {
	d, err := o.delivery(v.DB.URL(), v.DB.Postgres())
	if err != nil {
		return err
	}
	if d == nil {
		s.log.LogAttrs(s.ctx, slog.LevelWarn, "no mail is sent, all of it waits: there is neither --smtp-url nor --mail-dir")
		return nil
	}
	s.log.LogAttrs(s.ctx, slog.LevelInfo, "mail is sent", slog.String("to", d.Where))
	v.SendMail(d, s.log)
	return nil
}

type mailCommand struct {
	Preview mailPreview `cmd:"" help:"Print a mail with made-up contents."`
}

type mailPreview struct {
	Kind   string `arg:"" help:"What the mail is about: subscription_canceled, ownership_taken or cancellation_requested."`
	Locale string `help:"The recipient's: en, nl, de, zh-CN …" default:"en"`
	HTML   bool   `help:"Print the HTML part."`
}

// Run prints the mail. It needs no database.
func (c *mailPreview) Run(s *session) error {
	p, err := outbox.PreviewOf(c.Kind, c.Locale)
	if err != nil {
		return err
	}
	if c.HTML {
		_, err = fmt.Fprint(s.Stdout, p.HTML)
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "%s\n\n%s", p.Subject, p.Text)
	return err
}
