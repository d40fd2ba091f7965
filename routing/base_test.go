package routing

import (
	"encoding/binary"
	"flag"
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// seedFlag repeats the run of one seed: go test ./routing -run X -seed N.
var seedFlag = flag.Uint64("seed", 0, "run only this seed of the simulations")

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// vault returns the contact of a vault whose name begins with that byte. Its
// key begins with it too, so that a failure can be read.
func vault(b byte) Contact { return Contact{Name: xorname.Name{b}, Key: Key{b, 'v'}} }

var client = Key{'c', 'l', 'i', 'e', 'n', 't'}

// counter returns a source of identifiers of which each is used once.
func counter(prefix uint64) func() ID {
	var n uint64
	return func() (id ID) {
		n++
		binary.BigEndian.PutUint64(id[:], prefix)
		binary.BigEndian.PutUint64(id[8:], n)
		return id
	}
}

// bench is one router under test, with a clock.
type bench struct {
	*testing.T
	*Router
	now time.Time
}

// newBench returns the router of the vault 0x80 that knows the vaults of those
// first bytes, with a group of that many.
func newBench(t *testing.T, cfg Config, known ...byte) *bench {
	cfg.NewID = counter(1 << 63)
	b := &bench{T: t, Router: New(vault(0x80), cfg), now: start}
	for _, k := range known {
		require.True(t, b.Add(vault(k)))
	}
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		b.later(time.Hour)
		requireEmpty(t, b.Router)
	})
	return b
}

// requireEmpty says that a router has forgotten everything.
func requireEmpty(t require.TestingT, r *Router) {
	require.Zero(t, r.Pending())
	require.Empty(t, r.tries)
	require.Empty(t, r.known)
	require.Empty(t, r.count)
	require.Zero(t, r.live.Len())
	require.Zero(t, r.held)
}

// request returns a request for the name that begins with target.
func request(id byte, op Op, target byte) Request {
	return Request{ID: ID{id}, Op: op, Target: xorname.Name{target}, TTL: 10 * time.Second, Nonce: [16]byte{9}}
}

// ask has a client ask, and relay a vault.
func (b *bench) ask(req Request, body ...byte) []Action {
	return b.Request(b.now, client, true, req, body)
}

func (b *bench) relay(req Request, body ...byte) []Action {
	return b.Request(b.now, vault(1).Key, false, req, body)
}

// later lets time pass and returns what that causes.
func (b *bench) later(d time.Duration) []Action {
	b.now = b.now.Add(d)
	return b.Tick(b.now)
}

// reply gives the answer of a vault to what was sent to it.
func (b *bench) reply(a Action, s Status, statements ...Statement) []Action {
	b.Helper()
	resp := Response{Status: s, Final: true, Statements: statements}
	if a.Deliver != nil {
		resp.ID = a.Deliver.ID
		return b.Respond(b.now, resp, nil)
	}
	resp.ID = a.Forward.ID
	return b.Response(b.now, a.To, resp, nil)
}

// forwarded returns the only action, which must send a request to that vault.
func (b *bench) forwarded(to byte, actions []Action) Action {
	b.Helper()
	require.Len(b, actions, 1)
	require.NotNil(b, actions[0].Forward, "%+v", actions[0])
	require.Nil(b, actions[0].Deliver)
	require.Nil(b, actions[0].Answer)
	require.Equal(b, vault(to).Key, actions[0].To)
	return actions[0]
}

// delivered returns the only action, which must be for this vault.
func (b *bench) delivered(actions []Action) Action {
	b.Helper()
	require.Len(b, actions, 1)
	require.NotNil(b, actions[0].Deliver, "%+v", actions[0])
	require.Nil(b, actions[0].Forward)
	require.Nil(b, actions[0].Answer)
	return actions[0]
}

// answered returns the answer that is the only action.
func (b *bench) answered(s Status, final bool, actions []Action) Response {
	b.Helper()
	require.Len(b, actions, 1)
	require.NotNil(b, actions[0].Answer, "%+v", actions[0])
	require.Equal(b, s.String(), actions[0].Answer.Status.String())
	require.Equal(b, final, actions[0].Answer.Final)
	return *actions[0].Answer
}

func denial(of byte) Statement { return Statement{Body: []byte("not here"), Signer: vault(of).Key} }
