//go:build !windows

package store

import "syscall"

// diskFull are the codes by which the system says that the disk, or the user's
// share of it, is full.
var diskFull = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
