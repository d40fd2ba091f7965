// Package lint holds the house rules that a compiler does not know, as tests:
// which package may import what, what the pure state machines must not touch,
// and what every package owes its reader. Start with the table in
// imports_test.go.
package lint
