package cli

import (
	"net/http"
	"net/http/pprof"
)

// privateHandler is what the private listener serves: metrics at /metrics and profiles below /debug/pprof/.
func privateHandler(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
