package transport

import (
	"errors"
	"sync"

	"github.com/quic-go/quic-go"
)

const (
	// laneTrust is how many bytes are queued in the QUIC stack before the lane waits for them to leave. The stack queues
	// whatever the peer's flow control allows, and the peer may allow anything.
	laneTrust = 256 << 10

	// laneSlack is what the lane may hold beyond the answers to a full window of calls.
	laneSlack = 1 << 20
)

// errLaneFull says that the peer does not read its answers.
var errLaneFull = errors.New("transport: the peer does not read")

// lane writes frames to the stream that a connection's small messages share. Its write never blocks: frames go straight to the
// QUIC stack, which packs those that come together into one packet; once the stack is full they queue, and one goroutine
// writes them. The windows of both sides bound the queue for honest peers, limit for others.
type lane struct {
	str   *quic.Stream
	limit int

	mu      sync.Mutex
	scratch []byte // one frame
	trusted int    // bytes given to the stack since it was last known to be empty
	queue   []byte
	spare   []byte // the other half of a double buffer
	writing bool   // a goroutine is emptying the queue
}

func newLane(str *quic.Stream, maxStreams int) *lane {
	return &lane{str: str, limit: 2*maxStreams*(laneMax+frameSize) + laneSlack, writing: true}
}

// open lets frames out, after greeting. Until then they queue: the other side may already be known while its answer to our
// hello is not.
func (l *lane) open(greeting []byte) {
	l.mu.Lock()
	l.queue = append(greeting, l.queue...)
	l.mu.Unlock()
	l.empty()
}

// write queues one frame. It fails if the stream is dead or the peer has stopped reading.
func (l *lane) write(f frame, head, body []byte) error {
	f.head, f.body = uint32(len(head)), uint32(len(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.writing && l.trusted < laneTrust {
		l.scratch = append(append(f.append(l.scratch[:0]), head...), body...)
		err := l.str.TryWriteAll(l.scratch)
		if !errors.Is(err, quic.ErrWouldBlock) {
			l.trusted += len(l.scratch)
			return err
		}
	}
	if len(l.queue)+f.size() > l.limit {
		return errLaneFull
	}
	l.queue = append(append(f.append(l.queue), head...), body...)
	if !l.writing {
		l.writing = true
		go l.empty()
	}
	return nil
}

// empty writes the queue until it is empty. A failed write ends it: then the connection is closing.
func (l *lane) empty() {
	for {
		l.mu.Lock()
		buf := l.queue
		l.queue, l.spare = l.spare[:0], nil
		if len(buf) == 0 {
			l.spare, l.writing, l.trusted = buf, false, 0
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if _, err := l.str.Write(buf); err != nil {
			return
		}
		l.mu.Lock()
		if cap(buf) <= laneTrust {
			l.spare = buf[:0]
		}
		l.mu.Unlock()
	}
}
