package store

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// diskFull are the codes by which the system says that the disk, or the user's
// share of it, is full.
var diskFull = []error{
	windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED,
	syscall.ENOSPC,
}
