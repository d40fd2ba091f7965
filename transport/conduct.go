package transport

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/safenet-go/safenet/transport/internal/lru"
)

// offence is something that happens to honest peers too, but not often. What no honest peer does ends the connection at once.
type offence int

const (
	offenceTooLarge offence = iota // a message beyond the largest sizes was announced
	offenceStalled                 // a message did not come in time
	offenceUnread                  // a large answer was not read
	offenceReset                   // a stream was given up by the peer before its message was complete
	offenceCount
)

var offenceNames = [offenceCount]string{"announced too much", "stalled", "did not read", "reset streams"}

func (o offence) String() string { return offenceNames[o] }

const (
	tooLargePerMinute = 3
	stalledPerMinute  = 8 // counting those of one second once: what a bad link delays, it delays together
	unreadPerMinute   = 8 // likewise
	resetsPerSecond   = 200

	offenders = 4096 // identities whose offences are remembered

	// Who is banned may come back after firstBan, then after twice the time, and so on. A ban that ended maxBan ago is forgotten.
	firstBan = time.Minute
	maxBan   = time.Hour
)

// conduct counts what peers did, by identity, so that it survives a reconnection. Peers that did nothing take no memory.
type conduct struct {
	resetBurst int

	mu      sync.Mutex
	records *lru.Map[PeerID, *record]
}

type record struct {
	allowed [offenceCount]*rate.Limiter
	last    [offenceCount]time.Time // counted
	until   time.Time               // no connection before
	bans    int                     // in a row
}

// newConduct allows the streams of a peer to be reset all at once, and once more.
func newConduct(maxUniStreams int) *conduct {
	return &conduct{resetBurst: max(2*maxUniStreams, resetsPerSecond), records: lru.New[PeerID, *record](offenders)}
}

func (d *conduct) newRecord() *record {
	perMinute := func(n int) *rate.Limiter { return rate.NewLimiter(rate.Every(time.Minute/time.Duration(n)), n) }
	return &record{allowed: [offenceCount]*rate.Limiter{
		offenceTooLarge: perMinute(tooLargePerMinute),
		offenceStalled:  perMinute(stalledPerMinute),
		offenceUnread:   perMinute(unreadPerMinute),
		offenceReset:    rate.NewLimiter(resetsPerSecond, d.resetBurst),
	}}
}

// strike counts an offence and reports whether the peer is banned for it, and for how long.
func (d *conduct) strike(id PeerID, o offence, now time.Time) (ban time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.records.Get(id)
	if !ok {
		r = d.newRecord()
		d.records.Put(id, r)
	}
	if (o == offenceStalled || o == offenceUnread) && now.Sub(r.last[o]) < time.Second {
		return 0
	}
	r.last[o] = now
	if now.Before(r.until) || r.allowed[o].AllowN(now, 1) {
		return 0
	}
	if now.Sub(r.until) > maxBan {
		r.bans = 0
	}
	ban = min(firstBan<<r.bans, maxBan)
	r.bans = min(r.bans+1, 10)
	r.until = now.Add(ban)
	return ban
}

// check is nil if the peer may connect.
func (d *conduct) check(id PeerID, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.records.Get(id); ok && now.Before(r.until) {
		return fmt.Errorf("%w, for another %v", errBanned, r.until.Sub(now).Round(time.Second))
	}
	return nil
}

// errBanned refuses a peer that exceeded the limits too often.
var errBanned = fmt.Errorf("%w: banned for its conduct", ErrRefused)

// strike counts an offence of the peer. Too many cost it all its connections.
func (c *conn) strike(o offence) {
	ban := c.ep.conduct.strike(c.id, o, time.Now())
	c.ep.noticeStrike(c.id, o, ban)
	if ban == 0 {
		return
	}
	for _, other := range c.ep.connsOf(c.id) {
		other.fail(codeLimit, fmt.Errorf("%w: it %v too often, and is banned for %v", errOverLimit, o, ban))
	}
}
