package handlers

import "strings"

// sign is a word in a User-Agent header and what it stands for.
type sign struct{ word, name string }

// browserSigns and systemSigns are in the order in which they are looked for: many browsers also call themselves by others' names.
var (
	browserSigns = []sign{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systemSigns = []sign{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Macintosh", "Mac"}, {"Linux", "Linux"},
	}
)

// agentOf says in names that people know what a browser says of itself; what it does not say is empty. It proves nothing.
func agentOf(userAgent string) (browser, system string) {
	return nameIn(userAgent, browserSigns), nameIn(userAgent, systemSigns)
}

func nameIn(text string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(text, s.word) {
			return s.name
		}
	}
	return ""
}
