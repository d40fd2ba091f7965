package transporttest

import (
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

func connectLearnsTheIdentity(w *world) {
	a, b := w.endpoint(transport.Config{Handler: Funcs{}}), w.endpoint(transport.Config{Handler: Funcs{}})
	id, err := a.Connect(w.ctx, b.Addr(), transport.PeerID{})
	require.NoError(w, err)
	require.Equal(w, b.ID(), id)
	require.Equal(w, []transport.PeerID{b.ID()}, a.Peers())
	require.Equal(w, b.Addr(), a.RemoteAddr(b.ID()))
	// The remote had accepted when Connect returned.
	require.Equal(w, []transport.PeerID{a.ID()}, b.Peers())
	require.Equal(w, a.Addr(), b.RemoteAddr(a.ID()), "one socket listens and dials")
	require.Empty(w, a.RemoteAddr(a.ID()))
}

func connectReuses(w *world) {
	up := newWatch()
	a := w.endpoint(transport.Config{Handler: Funcs{}, OnPeer: up.onPeer})
	b := w.endpoint(transport.Config{Handler: Funcs{}})
	for range 3 {
		w.connect(a, b)
		id, err := a.Connect(w.ctx, b.Addr(), transport.PeerID{})
		require.NoError(w, err)
		require.Equal(w, b.ID(), id)
		w.connect(b, a)
	}
	require.True(w, wait(w, up.change))
	require.Equal(w, []bool{true}, up.seen())
}

func connectRefusesAnotherIdentity(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b, c := w.endpoint(transport.Config{Handler: Funcs{}}), w.endpoint(transport.Config{Handler: Funcs{}})
	_, err := a.Connect(w.ctx, b.Addr(), c.ID())
	require.ErrorIs(w, err, transport.ErrIdentity)
	require.Empty(w, a.Peers())
	require.Empty(w, b.Peers())
}

func connectToOneself(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	_, err := a.Connect(w.ctx, a.Addr(), transport.PeerID{})
	require.ErrorIs(w, err, transport.ErrIdentity)
	_, err = a.Connect(w.ctx, a.Addr(), a.ID())
	require.ErrorIs(w, err, transport.ErrIdentity)
}

func pureDiallerIsNotDialled(w *world) {
	a, b := w.endpoint(transport.Config{}), w.endpoint(transport.Config{Handler: Funcs{}})
	_, err := b.Connect(w.ctx, a.Addr(), a.ID())
	require.ErrorIs(w, err, transport.ErrRefused)
}

func pureDiallerAnswersNoHandler(w *world) {
	a, b := w.endpoint(transport.Config{}), w.endpoint(transport.Config{Handler: Funcs{}})
	w.connect(a, b)
	_, err := b.Request(w.ctx, a.ID(), transport.Message{})
	require.ErrorIs(w, err, transport.ErrNoHandler)
	require.NoError(w, b.Send(w.ctx, a.ID(), transport.Message{}), "a message is dropped")
}

func maxPeersRefusesTheNext(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}, MaxPeers: 1})
	b, c := w.endpoint(transport.Config{Handler: Funcs{}}), w.endpoint(transport.Config{Handler: Funcs{}})
	w.connect(b, a)
	_, err := c.Connect(w.ctx, a.Addr(), a.ID())
	require.ErrorIs(w, err, transport.ErrBusy)
	_, err = a.Connect(w.ctx, c.Addr(), c.ID())
	require.ErrorIs(w, err, transport.ErrBusy)
	require.Equal(w, []transport.PeerID{b.ID()}, a.Peers())
}

func simultaneousConnects(w *world) {
	for range 20 {
		ups := []*watch{newWatch(), newWatch()}
		var eps [2]transport.Endpoint
		for i := range eps {
			eps[i] = w.endpoint(transport.Config{Handler: Funcs{}, OnPeer: ups[i].onPeer})
		}
		var wg sync.WaitGroup
		errs := make(chan error, 100)
		for i := range eps {
			me, other := eps[i], eps[1-i]
			wg.Go(func() {
				_, err := me.Connect(w.ctx, other.Addr(), other.ID())
				errs <- err
				for j := range 10 { // while one of the two connections is being given up
					body := []byte(fmt.Sprint(j))
					got, err := me.Request(w.ctx, other.ID(), transport.Message{Body: body})
					if err == nil && string(got.Body) != string(body) {
						err = fmt.Errorf("asked %q, got %q", body, got.Body)
					}
					errs <- err
				}
			})
		}
		wg.Wait()
		for range 22 {
			require.NoError(w, <-errs)
		}
		for i := range eps {
			require.Equal(w, []transport.PeerID{eps[1-i].ID()}, eps[i].Peers())
			require.True(w, wait(w, ups[i].change))
			require.Equal(w, []bool{true}, ups[i].seen())
		}
		for i := range eps {
			require.NoError(w, eps[i].Close())
		}
		for i := range eps {
			require.Equal(w, []bool{true, false}, ups[i].seen())
		}
	}
}

func onPeerOnce(w *world) {
	watches := []*watch{newWatch(), newWatch()}
	a := w.endpoint(transport.Config{Handler: Funcs{}, OnPeer: watches[0].onPeer})
	b := w.endpoint(transport.Config{Handler: Funcs{}, OnPeer: watches[1].onPeer})
	w.connect(a, b)
	require.True(w, wait(w, watches[0].change))
	require.True(w, wait(w, watches[1].change))
	a.Disconnect(b.ID())
	require.Empty(w, a.Peers())
	require.False(w, wait(w, watches[0].change))
	require.False(w, wait(w, watches[1].change))
	w.connect(a, b)
	require.True(w, wait(w, watches[0].change))
	require.True(w, wait(w, watches[1].change))
	require.NoError(w, a.Close())
	require.False(w, wait(w, watches[0].change))
	require.False(w, wait(w, watches[1].change))
	for _, p := range watches {
		require.Equal(w, []bool{true, false, true, false}, p.seen())
	}
}

func unknownPeer(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	_, err := a.Request(w.ctx, transport.PeerID{1}, transport.Message{})
	require.ErrorIs(w, err, transport.ErrUnknownPeer)
	require.ErrorIs(w, a.Send(w.ctx, transport.PeerID{1}, transport.Message{}), transport.ErrUnknownPeer)
}

func learnedPeerIsDialled(w *world) {
	a, b := w.endpoint(transport.Config{Handler: Funcs{}}), w.endpoint(transport.Config{Handler: Funcs{}})
	a.Learn(b.ID(), b.Addr())
	got, err := a.Request(w.ctx, b.ID(), transport.Message{Kind: 5})
	require.NoError(w, err)
	require.EqualValues(w, 5, got.Kind)
}

func disconnectedPeerIsDialledAgain(w *world) {
	gone := newWatch()
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b := w.endpoint(transport.Config{Handler: Funcs{}, OnPeer: gone.onPeer})
	w.connect(a, b)
	a.Disconnect(b.ID())
	_, err := a.Request(w.ctx, b.ID(), transport.Message{})
	require.NoError(w, err)
	// Whoever was dialled can dial back too: the address it saw is where the other side listens.
	a.Disconnect(b.ID())
	for gone.seen(); ; {
		if !wait(w, gone.change) && len(b.Peers()) == 0 {
			break
		}
	}
	_, err = b.Request(w.ctx, a.ID(), transport.Message{})
	require.NoError(w, err)
}
