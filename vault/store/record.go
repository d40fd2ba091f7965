package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"github.com/safenet-go/safenet/xorname"
)

// Keys of the database begin with a tag.
const (
	tagChunk  = 'c' // name: its size, an unsigned varint
	tagData   = 'd' // name, part number: part of a small chunk
	tagIntent = 'i' // name: what is being done to a chunk's file
	tagMeta   = 'm' // key: value
	tagUsage  = 'u' // the counters, two signed varints, merged by adding
)

// partSize splits small chunks, so that no file of the database has to grow
// past FileSize because of one of them.
const partSize = 16 << 10

func chunkKey(name xorname.Name) []byte  { return append([]byte{tagChunk}, name[:]...) }
func intentKey(name xorname.Name) []byte { return append([]byte{tagIntent}, name[:]...) }
func metaKey(key string) []byte          { return append([]byte{tagMeta}, key...) }

func dataKey(name xorname.Name, part int) []byte {
	key := append([]byte{tagData}, name[:]...)
	return append(key, byte(part))
}

// prefixEnd is the first key after those that begin with tag.
func prefixEnd(tag byte) []byte { return []byte{tag + 1} }

var errRecord = errors.New("damaged record in the database")

func encodeSize(size int) []byte { return binary.AppendUvarint(nil, uint64(size)) }

func decodeSize(data []byte) (int, error) {
	size, n := binary.Uvarint(data)
	if n <= 0 || n != len(data) || size > MaxChunk {
		return 0, fmt.Errorf("%w: size of a chunk", errRecord)
	}
	return int(size), nil
}

const (
	opPut    = 'p'
	opDelete = 'd'
)

// intent is written before a chunk's file appears or disappears, and removed
// in the same step that changes the index and the counters.
type intent struct {
	op   byte
	size int
}

func (i intent) encode() []byte { return append([]byte{i.op}, encodeSize(i.size)...) }

func decodeIntent(data []byte) (intent, error) {
	if len(data) == 0 || (data[0] != opPut && data[0] != opDelete) {
		return intent{}, fmt.Errorf("%w: intent", errRecord)
	}
	size, err := decodeSize(data[1:])
	return intent{op: data[0], size: size}, err
}

func (u Usage) plus(v Usage) Usage {
	return Usage{Chunks: u.Chunks + v.Chunks, Bytes: u.Bytes + v.Bytes}
}

func (u Usage) encode() []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, u.Chunks), u.Bytes)
}

func decodeUsage(data []byte) (Usage, error) {
	chunks, n := binary.Varint(data)
	if n <= 0 {
		return Usage{}, fmt.Errorf("%w: counters", errRecord)
	}
	bytes, m := binary.Varint(data[n:])
	if m <= 0 || n+m != len(data) {
		return Usage{}, fmt.Errorf("%w: counters", errRecord)
	}
	return Usage{Chunks: chunks, Bytes: bytes}, nil
}

// usageMerger lets the database add up changes of the counters, so that
// writing one needs no reading. Its name is part of the layout.
var usageMerger = &pebble.Merger{
	Name: "safenet-vault.usage.1",
	Merge: func(_, value []byte) (pebble.ValueMerger, error) {
		sum := &usageSum{}
		return sum, sum.MergeNewer(value)
	},
}

type usageSum struct{ Usage }

func (s *usageSum) MergeNewer(value []byte) error {
	u, err := decodeUsage(value)
	s.Usage = s.plus(u)
	return err
}

func (s *usageSum) MergeOlder(value []byte) error { return s.MergeNewer(value) }

func (s *usageSum) Finish(bool) ([]byte, io.Closer, error) { return s.encode(), nil, nil }
