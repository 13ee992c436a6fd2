// Package web is the pages: what a person sees and does in a browser. It translates
// between HTML and the verbs of app and decides nothing itself.
//
// A page is a view type (a Go struct, *_view.go), a template of the same subject
// (templates/) and a handler (a file a page). A fragment is the same block that the page
// includes. Texts are plain British English and say what to do.
package web
