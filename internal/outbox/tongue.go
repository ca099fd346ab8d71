package outbox

import (
	"embed"
	"strings"
	"text/template"

	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"

	"purser/graph/model"
)

//go:embed templates
var files embed.FS

// tongues are the languages that mail is written in; the first is for everybody else.
var tongues = []*tongue{newTongue("en"), newTongue("nl"), newTongue("de"), newTongue("zh-CN")}

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, t := range tongues {
		tags = append(tags, t.tag)
	}
	return language.NewMatcher(tags)
}()

// tongue is a language, with the words of each kind of mail.
type tongue struct {
	tag     language.Tag
	printer *textmessage.Printer
	words   *template.Template
	letters map[model.NotificationKind]*template.Template
}

// newTongue reads the words of a language. All of them are part of the program: it does not start
// without one.
func newTongue(name string) *tongue {
	t := &tongue{tag: language.MustParse(name), letters: make(map[model.NotificationKind]*template.Template)}
	t.printer = textmessage.NewPrinter(t.tag)
	t.words = template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"date": t.date, "number": t.number, "counted": t.counted,
	}).ParseFS(files, "templates/words."+name+".tmpl"))
	for _, k := range model.AllNotificationKind {
		t.letters[k] = template.Must(template.Must(t.words.Clone()).ParseFS(files, "templates/"+strings.ToLower(string(k))+"."+name+".tmpl"))
	}
	return t
}

// tongueOf returns the language for the first locale that there is a language for.
func tongueOf(locales ...string) *tongue {
	for _, l := range locales {
		tag, err := language.Parse(l)
		if err != nil {
			continue
		}
		// neither a language that is only related is a match, nor another script of the same
		_, i, confidence := matcher.Match(tag)
		if base, _ := tag.Base(); confidence >= language.High && base == baseOf(tongues[i].tag) {
			return tongues[i]
		}
	}
	return tongues[0]
}

func baseOf(l language.Tag) language.Base {
	base, _ := l.Base()
	return base
}
