package store

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	cacheSize    = 4 << 20
	memTableSize = 1 << 20
	// newTable is the size at which a table of fresh writes is ended, and
	// smallTable that of a merged one while the database is small. Pebble may
	// let the former grow to twice that, to end where a merged one ends; with
	// one partSize more both are below FileSize.
	newTable   = 22 << 10
	smallTable = 44 << 10
	// bigTable is what tables of the deepest level grow to once the database
	// is past smallLevel bytes, so that their number stays bounded.
	bigTable   = 4 << 20
	smallLevel = 16 << 20
)

// pebbleOptions asks for little memory, few open files and small files.
func pebbleOptions(fs vfs.FS, failed *failure) *pebble.Options {
	opt := &pebble.Options{
		FS:                          logFS{fs, failed},
		Logger:                      failed,
		Merger:                      usageMerger,
		Cleaner:                     cleaner{},
		FormatMajorVersion:          pebble.FormatNewest,
		CacheSize:                   cacheSize,
		MemTableSize:                memTableSize,
		MemTableStopWritesThreshold: 3,
		L0CompactionThreshold:       16,
		L0StopWritesThreshold:       64,
		LBaseMaxBytes:               smallLevel,
		MaxOpenFiles:                128,
		MaxManifestFileSize:         16 << 10,
	}
	// By default Pebble ends the process when it reads a damaged table.
	opt.EventListener = &pebble.EventListener{DataCorruption: func(info pebble.DataCorruptionInfo) {
		failed.Errorf("%s", info)
	}}
	for i := range opt.Levels {
		opt.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	for i := range opt.TargetFileSizes {
		opt.TargetFileSizes[i] = bigTable
	}
	opt.TargetFileSizes[0], opt.TargetFileSizes[1] = newTable, smallTable
	// Chunks are encrypted: compressing them only costs time.
	opt.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	return opt
}

// cleaner deletes files at once: Clean is DeleteCleaner's. By what lies deeper
// Pebble takes it for one that reads files first, and so does not keep old
// logs, whole, for reuse.
type cleaner struct {
	pebble.DeleteCleaner
	readsFiles
}

type readsFiles struct{ pebble.ArchiveCleaner }
