package templates

import (
	"strconv"
	"time"

	"golang.org/x/text/language"
	printing "golang.org/x/text/message"
	"golang.org/x/text/number"
)

// When is a time to the minute as people of the language write it, in UTC: whose zone a page or a mail is read in, a server does
// not know. Browsers with scripts tell it in their own. The form is chosen by the day: the first of a month is special in French.
func (l *Language) When(t time.Time) (string, error) {
	t = t.UTC()
	month, err := l.String(Msg("time.month." + strconv.Itoa(int(t.Month()))))
	if err != nil {
		return "", err
	}
	year, clock := strconv.Itoa(t.Year()), t.Format("15:04")
	return l.String(Msg("time.at", "n", t.Day(), "day", t.Day(), "month", month, "year", year, "time", clock))
}

// written is a whole number as people of a language write it. The digits are always European: so are those of codes, addresses
// and dates of birth, on the same page.
func written(tag language.Tag, n int) string {
	if european, err := tag.SetTypeForKey("nu", "latn"); err == nil {
		tag = european
	}
	return printing.NewPrinter(tag).Sprint(number.Decimal(n))
}
