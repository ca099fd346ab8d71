package outbox

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"purser/graph/model"
	"purser/internal/instant"
)

//go:embed templates
var files embed.FS

// languages are those that mail is written in; the first is for everybody else.
var languages = []language.Tag{language.English, language.Dutch, language.German, language.MustParse("zh-CN")}

var matcher = language.NewMatcher(languages)

// letters holds a template for each kind of mail and language.
var letters = parse(model.NotificationKindSubscriptionCanceled)

// letter is what a template is given.
type letter struct {
	Recipient, Organization string
	About                   Content
}

// languageOf returns the language for the first locale that there is a language for.
func languageOf(locales ...string) language.Tag {
	for _, l := range locales {
		tag, err := language.Parse(l)
		if err != nil {
			continue
		}
		// neither a language that is only related is a match, nor another script of the same
		_, i, confidence := matcher.Match(tag)
		if base, _ := tag.Base(); confidence >= language.High && base == baseOf(languages[i]) {
			return languages[i]
		}
	}
	return languages[0]
}

func baseOf(l language.Tag) language.Base {
	base, _ := l.Base()
	return base
}

func parse(kinds ...model.NotificationKind) map[string]*template.Template {
	all := make(map[string]*template.Template)
	for _, k := range kinds {
		for _, l := range languages {
			name := fileName(k, l)
			all[name] = template.Must(template.New(name).Funcs(functions(l)).Option("missingkey=error").ParseFS(files, "templates/"+name))
		}
	}
	return all
}

func fileName(k model.NotificationKind, l language.Tag) string {
	return strings.ToLower(string(k)) + "." + l.String() + ".txt"
}

// write returns the subject and the body of the letter.
func write(l language.Tag, about letter) (subject, body string, err error) {
	t, ok := letters[fileName(about.About.kind(), l)]
	if !ok {
		return "", "", fmt.Errorf("there is no mail %s in %s", about.About.kind(), l)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, "subject", about); err != nil {
		return "", "", err
	}
	subject = oneLine(b.String())
	b.Reset()
	if err := t.ExecuteTemplate(&b, "body", about); err != nil {
		return "", "", err
	}
	return subject, strings.TrimSpace(b.String()) + "\n", nil
}

// functions are what the templates of one language may call.
func functions(l language.Tag) template.FuncMap {
	p := message.NewPrinter(l)
	number := func(n int) string { return p.Sprintf("%d", n) }
	return template.FuncMap{
		"date":   func(at instant.Milli) string { return date(l, at) },
		"number": number,
		// counted writes a number with its noun
		"counted": func(n int, one, other string) string {
			if n == 1 {
				return number(n) + " " + one
			}
			return number(n) + " " + other
		},
	}
}

var (
	dutchMonths  = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
	germanMonths = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// date writes the day of an instant, in UTC.
func date(l language.Tag, at instant.Milli) string {
	t := at.Time()
	y, m, d := t.Date()
	switch l.String() {
	case "nl":
		return fmt.Sprintf("%d %s %d", d, dutchMonths[m-1], y)
	case "de":
		return fmt.Sprintf("%d. %s %d", d, germanMonths[m-1], y)
	case "zh-CN":
		return fmt.Sprintf("%d年%d月%d日", y, m, d)
	}
	return t.Format("January 2, 2006")
}

// oneLine puts a text on one line: nothing in it can begin a header or a line of its own.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
}
