package store

import (
	"errors"

	"github.com/safenet-go/safenet/xorname"
)

// putSmall stores a chunk below FileSize.
func (d *database) putSmall(name xorname.Name, chunk []byte) error {
	w := &write{sync: true, delta: Usage{Chunks: 1, Bytes: int64(len(chunk))}}
	for part := range parts(len(chunk)) {
		w.set(dataKey(name, part), chunk[part*partSize:min((part+1)*partSize, len(chunk))])
	}
	w.set(chunkKey(name), encodeSize(len(chunk)))
	return d.commit(w)
}

// dropSmall removes a chunk below FileSize.
func (d *database) dropSmall(name xorname.Name, size int) error {
	w := &write{sync: true, delta: Usage{Chunks: -1, Bytes: -int64(size)}}
	for part := range parts(size) {
		w.remove(dataKey(name, part))
	}
	w.remove(chunkKey(name))
	return d.commit(w)
}

// forget removes a chunk of which the index no longer knows the size. The
// counters keep counting it: they say too much rather than too little. An empty
// record hides the unreadable one; below a deletion, Pebble would still read it.
func (d *database) forget(name xorname.Name) error {
	w := &write{sync: true}
	for part := range parts(FileSize) {
		w.remove(dataKey(name, part))
	}
	w.set(chunkKey(name), nil)
	return d.commit(w)
}

// begin records what is about to happen to a chunk's file.
func (d *database) begin(name xorname.Name, i intent) error {
	w := &write{sync: true}
	w.set(intentKey(name), i.encode())
	return d.commit(w)
}

// abandon forgets an intent of which nothing came. Like the two below it need
// not be durable: if it is lost, resume does it again.
func (d *database) abandon(name xorname.Name) error {
	w := &write{}
	w.settle(name)
	return d.commit(w)
}

// finishPut counts the chunk whose file has appeared. One that was counted
// already (its file had gone) is not counted twice.
func (d *database) finishPut(name xorname.Name, size int) error {
	w := &write{}
	w.settle(name)
	old, err := d.size(name)
	switch {
	case err == nil:
		w.delta = Usage{Bytes: int64(size - old)}
	case errors.Is(err, ErrNotFound):
		w.delta = Usage{Chunks: 1, Bytes: int64(size)}
	default:
		return err
	}
	w.set(chunkKey(name), encodeSize(size))
	return d.commit(w)
}

// finishDelete counts the chunk out whose file has disappeared.
func (d *database) finishDelete(name xorname.Name) error {
	w := &write{}
	w.settle(name)
	old, err := d.size(name)
	switch {
	case err == nil:
		w.delta = Usage{Chunks: -1, Bytes: -int64(old)}
	case errors.Is(err, ErrNotFound):
	default:
		return err
	}
	w.remove(chunkKey(name))
	return d.commit(w)
}

func (w *write) set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	w.ops = append(w.ops, op{key, value})
}

func (w *write) remove(key []byte) { w.ops = append(w.ops, op{key, nil}) }

// settle makes w the write that ends what begin has begun.
func (w *write) settle(name xorname.Name) {
	w.settles = intentKey(name)
	w.remove(w.settles)
}
