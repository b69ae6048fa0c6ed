package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"signet/cli/config"
	"signet/handlers"
	"signet/provider/picture"
	"signet/templates"
)

// checkBranding looks at the colours and links of the section [branding].
func checkBranding(cfg *config.Config) (problems []config.Problem) {
	for _, s := range coloursOf(cfg.Branding).Check() {
		p := config.Problem{Key: "branding." + s.Setting, Got: s.Got, Allowed: s.Allowed, Fix: `write ` + s.Setting + ` = "#2f3e94"`}
		switch {
		case s.Nearest != "":
			p.Fix = fmt.Sprintf("the nearest that passes: %s = %q", s.Setting, s.Nearest)
		case strings.Contains(s.Got, "contrast"):
			p.Fix = "no shade of it passes; make background and card more alike"
		}
		problems = append(problems, p)
	}
	b := cfg.Branding
	for key, link := range map[string]string{"branding.terms_uri": b.TermsURI, "branding.privacy_uri": b.PrivacyURI} {
		if link != "" && !templates.IsLink(link) {
			problems = append(problems, config.Problem{Key: key, Got: fmt.Sprintf("got %.80q", link), Allowed: "https, or a path of this server", Fix: "write https://…"})
		}
	}
	if b.HelpURI != "" && !templates.IsLink(b.HelpURI) && !templates.IsMailLink(b.HelpURI) {
		problems = append(problems, config.Problem{Key: "branding.help_uri", Got: fmt.Sprintf("got %.80q", b.HelpURI), Allowed: "https, a path of this server, or mailto with one address", Fix: "write https://… or mailto:help@example.com"})
	}
	return problems
}

func coloursOf(b config.Branding) templates.Brand {
	return templates.Brand{
		Light:     templates.Colours{Accent: b.Accent, Background: b.Background, Card: b.Card, Text: b.Text},
		Dark:      templates.Colours{Accent: b.AccentDark, Background: b.BackgroundDark, Card: b.CardDark, Text: b.TextDark},
		LogoAlone: b.LogoAlone,
	}
}

// openPages makes the pages with the operator's look. Pictures and templates that cannot be used are a *config.Error.
func openPages(cfg *config.Config) (*templates.Set, error) {
	brand, problems := coloursOf(cfg.Branding), []config.Problem(nil)
	for _, file := range []struct {
		key, path string
		to        **templates.Image
	}{{"branding.logo", cfg.Branding.Logo, &brand.Logo}, {"branding.logo_dark", cfg.Branding.LogoDark, &brand.LogoDark}, {"branding.favicon", cfg.Branding.Favicon, &brand.Icon}} {
		if file.path == "" {
			continue
		}
		img, err := openPicture(file.path)
		if err != nil {
			problems = append(problems, config.Problem{
				Key: file.key, Got: fmt.Sprintf("the file %q cannot be used: %v", file.path, err),
				Allowed: "a PNG, JPEG or GIF of at most 1 MiB and 4096 pixels each way", Fix: "export it as PNG, some 512 pixels wide",
			})
		}
		*file.to = img
	}
	if cfg.Branding.Logo == "" && cfg.Branding.LogoDark != "" {
		problems = append(problems, config.Problem{Key: "branding.logo_dark", Got: "is set while branding.logo is not", Fix: "name the logo for everybody else in branding.logo"})
	}
	if len(problems) > 0 {
		return nil, cfg.Refuse(problems)
	}
	if dir := cfg.Templates.Directory; dir != "" {
		return openTemplates(cfg, dir, brand)
	}
	set, err := templates.New(templates.Options{Brand: brand, Languages: cfg.Languages})
	if err != nil {
		return nil, pagesError(cfg, err)
	}
	return set, nil
}

// pagesError says in terms of the configuration why there are no pages, if it is to blame.
func pagesError(cfg *config.Config, err error) error {
	var unknown *templates.LanguageError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("cli: pages: %w", err)
	}
	return cfg.Refuse([]config.Problem{{
		Key: "languages", Got: fmt.Sprintf("%.40q is named twice, or there are no messages for it", unknown.Name),
		Allowed: strings.Join(unknown.Known, ", "), Fix: "name each once, or add messages in templates.directory",
	}})
}

// openTemplates makes the pages with the files of a directory.
func openTemplates(cfg *config.Config, dir string, brand templates.Brand) (*templates.Set, error) {
	set, err := templates.OpenDirectory(dir, brand, cfg.Languages...)
	if err == nil {
		return set, nil
	}
	var flaws templates.Flaws
	if !errors.As(err, &flaws) {
		return nil, pagesError(cfg, err)
	}
	problems := make([]config.Problem, len(flaws))
	for i, f := range flaws {
		problems[i] = config.Problem{Key: "templates.directory", Got: f.String()}
	}
	return nil, cfg.Refuse(problems)
}

// openPicture reads a picture and draws it anew: nothing of the file but its pixels is served.
func openPicture(path string) (*templates.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plainReason(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(picture.Own.MaxIn)+1))
	if err != nil {
		return nil, plainReason(err)
	}
	drawn, err := picture.Own.Redraw(data)
	if err != nil {
		return nil, err
	}
	return templates.NewImage(drawn)
}

// plainReason is an error without the path, which its reader has just read.
func plainReason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// pagesOf is what people see of a node.
func pagesOf(n *node) handlers.Pages {
	b := n.config.Branding
	p := handlers.Pages{Set: n.pages, Product: n.config.Name, Help: b.HelpURI, Terms: b.TermsURI, Privacy: b.PrivacyURI, TermsText: n.terms, PrivacyText: n.privacy}
	if p.Terms == "" && len(n.terms) > 0 {
		p.Terms = handlers.TermsPath
	}
	if len(n.privacy) > 0 {
		p.Privacy = handlers.PrivacyPath
	}
	return p
}
