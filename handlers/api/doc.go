// Package api is administration: typed operations with one HTTP form, /api/v1. The command line calls them, over the unix
// socket of a running server or, where none runs, in its own process; both ways go through this handler.
//
// Bodies are JSON, read strictly: an unknown member is refused. Errors are {"error": code, "message": what was got, allowed
// and how to mend it}. A list answers {"items": […], "next": cursor}.
package api
