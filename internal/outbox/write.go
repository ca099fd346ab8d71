package outbox

import (
	"errors"
	htmltemplate "html/template"
	"strings"
	"text/template"
)

var (
	textLayout = template.Must(template.ParseFS(files, "templates/layout.txt"))
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/layout.html"))
)

// letter is what the words of a kind of mail are given.
type letter struct {
	Recipient, Organization string
	About                   Content
}

// page is what the layouts are given: the same for both, so that they cannot say different things.
type page struct {
	Language, Subject, Colon            string
	Greeting, Opening, Outcome, Closing string
	Message                             *quotation
	Subscriptions                       []facts
}

// quotation is what somebody else says in a mail.
type quotation struct {
	From   string // who says it, as a line
	Lines  []string
	Quoted []string // the lines with marks
}

// written is a mail ready to be sent.
type written struct{ subject, text, html string }

// pen writes one mail, and remembers what went wrong.
type pen struct {
	*tongue
	err error
}

// say returns a common word of the language.
func (p *pen) say(word string, about any) string { return p.run(p.words, word, about) }

func (p *pen) run(t *template.Template, name string, about any) string {
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, about); err != nil {
		p.err = errors.Join(p.err, err)
	}
	return b.String()
}

// write writes a mail. What comes from people is on one line, quoted or, in HTML, escaped.
func (t *tongue) write(l letter) (written, error) {
	l.Recipient, l.Organization, l.About = oneLine(l.Recipient), oneLine(l.Organization), l.About.clean()
	words, pen := t.letters[l.About.kind()], &pen{tongue: t}
	p := page{
		Language: t.tag.String(), Subject: oneLine(pen.run(words, "subject", l)), Colon: pen.say("colon", nil),
		Greeting: pen.run(words, "greeting", l), Opening: pen.run(words, "opening", l),
		Outcome: pen.run(words, "outcome", l), Closing: pen.run(words, "closing", l),
		Subscriptions: l.About.facts(pen),
	}
	if c, ok := l.About.(speaking); ok {
		who, what := c.says()
		if said := lines(what); len(said) > 0 {
			p.Message = &quotation{From: pen.say("message", who), Lines: said, Quoted: quoted(said)}
		}
	}
	var text, html strings.Builder
	err := errors.Join(pen.err, textLayout.Execute(&text, p), htmlLayout.Execute(&html, p))
	return written{subject: p.Subject, text: text.String(), html: html.String()}, err
}
