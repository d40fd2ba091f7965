//go:build !unix

package client_test

import "testing"

// pipe returns a path that is none: this system has no named pipes among its
// files.
func pipe(t *testing.T, dir string) string {
	t.Helper()
	return dir + "/a pipe"
}
