package store

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	cacheSize    = 4 << 20
	memTableSize = 4 << 20
	// tableSize is what tables may grow to. While little comes in they are
	// below FileSize all the same, as the logs that they are made of are.
	tableSize  = 4 << 20
	smallLevel = 16 << 20
)

// pebbleOptions asks for little memory and few open files.
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
		opt.TargetFileSizes[i] = tableSize
	}
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
