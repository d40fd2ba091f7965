package transport

import (
	"errors"
	"runtime"
	"sync"

	"github.com/quic-go/quic-go"
)

const (
	// laneTrust is how many bytes are given to the QUIC stack before the lane waits for them to leave. The stack queues whatever
	// the peer's flow control allows, and the peer may allow anything.
	laneTrust = 256 << 10

	// laneSlack is what the lane may hold beyond the answers to a full window of calls.
	laneSlack = 1 << 20
)

// errLaneFull says that the peer does not read its answers.
var errLaneFull = errors.New("transport: the peer does not read")

// lane writes frames to the stream that a connection's small messages share. Writing never blocks: frames queue, and one
// goroutine gives the queue to the QUIC stack, so that frames that are written at about the same time share packets and system
// calls. The windows of both sides bound the queue for honest peers, limit for others.
type lane struct {
	str   *quic.Stream
	limit int

	mu      sync.Mutex
	queue   *[]byte // from laneBuffers, nil while empty
	trusted int     // bytes given directly since the stack was last known to be empty
	writing bool    // a goroutine is emptying the queue
}

func newLane(str *quic.Stream, maxStreams int) *lane {
	return &lane{str: str, limit: 2*maxStreams*(laneMax+frameSize) + laneSlack, writing: true}
}

// open lets frames out, after greeting. Until then they queue: the other side may already be known while its answer to our
// hello is not.
func (l *lane) open(greeting []byte) {
	if len(greeting) > 0 {
		if _, err := l.str.Write(greeting); err != nil {
			return
		}
	}
	l.empty()
}

// write queues one frame. It fails if the peer has stopped reading.
func (l *lane) write(f frame, head, body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.enqueue(f, head, body)
}

// writeAlone is write for a frame that no other is likely to follow soon: waiting for company would only cost time.
func (l *lane) writeAlone(f frame, head, body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writing || l.trusted >= laneTrust {
		return l.enqueue(f, head, body)
	}
	buf := takeLaneBuffer()
	defer giveLaneBuffer(buf)
	*buf = appendFrame(*buf, f, head, body)
	err := l.str.TryWriteAll(*buf)
	if errors.Is(err, quic.ErrWouldBlock) {
		return l.enqueue(f, head, body)
	}
	l.trusted += len(*buf)
	return err
}

func (l *lane) enqueue(f frame, head, body []byte) error {
	if l.queue == nil {
		l.queue = takeLaneBuffer()
	}
	if len(*l.queue)+frameSize+len(head)+len(body) > l.limit {
		return errLaneFull
	}
	*l.queue = appendFrame(*l.queue, f, head, body)
	if !l.writing {
		l.writing = true
		go l.empty()
	}
	return nil
}

func appendFrame(b []byte, f frame, head, body []byte) []byte {
	f.head, f.body = uint32(len(head)), uint32(len(body))
	return append(append(f.append(b), head...), body...)
}

// empty writes the queue until it is empty. A failed write ends it: then the connection is closing.
func (l *lane) empty() {
	for {
		runtime.Gosched() // whoever is about to write too gets the chance; it saves two thirds of the cost of a busy lane
		buf := l.takeQueue()
		if buf == nil {
			return
		}
		_, err := l.str.Write(*buf)
		giveLaneBuffer(buf)
		if err != nil {
			return
		}
	}
}

// takeQueue leaves an empty queue. With an empty queue it ends the writing.
func (l *lane) takeQueue() *[]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	buf := l.queue
	l.queue = nil
	if buf == nil {
		l.writing, l.trusted = false, 0
	}
	return buf
}

// laneBuffers are shared by all lanes, so that idle ones hold none.
var laneBuffers = sync.Pool{New: func() any {
	buf := make([]byte, 0, 2<<10)
	return &buf
}}

func takeLaneBuffer() *[]byte { return laneBuffers.Get().(*[]byte) }

// giveLaneBuffer keeps a buffer for others, unless a burst has made it large.
func giveLaneBuffer(buf *[]byte) {
	if cap(*buf) <= laneTrust {
		*buf = (*buf)[:0]
		laneBuffers.Put(buf)
	}
}
