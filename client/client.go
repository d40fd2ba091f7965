package client

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/xorname"
	"golang.org/x/sync/semaphore"
)

// Client is a session with a network. Its methods are safe for concurrent use.
type Client struct {
	cfg    Config
	log    *slog.Logger
	ep     transport.Endpoint
	calls  calls
	memory *semaphore.Weighted

	spreading spreading

	mu      sync.Mutex
	network NetworkID
	genesis wire.Signed
	session xorname.Name
	entries []entry // the entry vault and those that stand by
	using   int     // which of them is in use
	lists   lists

	joining chan struct{} // holds one token: who has it looks for entry vaults
	closed  chan struct{}
	once    sync.Once
}

// entry is a vault through which the client reaches the network.
type entry struct {
	id   transport.PeerID
	name xorname.Name
	addr string
}

// Dial connects to a network through one of the contacts and gets a session.
// Nobody learns who the client is: its key on the connection is made for the
// session.
//
// Errors: ErrNoVault with what became of each contact, ErrNetwork for a contact
// of another network, and those of ctx.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if len(cfg.Contacts) == 0 {
		return nil, fmt.Errorf("%w: no contact given", ErrNoVault)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, log: cfg.Logger, network: cfg.Network,
		joining: make(chan struct{}, 1), closed: make(chan struct{}),
		memory: semaphore.NewWeighted(cfg.Memory),
	}
	c.ep, err = cfg.Transport(transport.Config{
		Key: key, Listen: ":0", Handler: receiver{c}, Logger: cfg.Logger, OnPeer: c.onPeer,
		IdleTimeout: 5 * time.Second, KeepAlive: time.Second,
	})
	if err != nil {
		return nil, err
	}
	if err := c.enter(ctx, xorname.Name{}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Network returns the identifier of the network.
func (c *Client) Network() NetworkID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.network
}

// Entry returns the name of the entry vault in use.
func (c *Client) Entry() xorname.Name {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[c.using].name
}

// Members returns how many vaults are present, as the entry vault knows.
func (c *Client) Members(ctx context.Context) (int, error) {
	list, err := c.refresh(ctx)
	return list.Len(), err
}

// Close ends the session. What was acknowledged stays on the network.
func (c *Client) Close() error {
	var err error
	c.once.Do(func() {
		close(c.closed)
		c.spreading.close()
		err = c.ep.Close()
	})
	return err
}

// enter finds a vault and takes a session from it, through the entry vaults
// known and the contacts, several at once. Nothing is to be done if the session
// is another than the old one by the time it is our turn.
func (c *Client) enter(ctx context.Context, old xorname.Name) error {
	select {
	case c.joining <- struct{}{}:
		defer func() { <-c.joining }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	if c.session != old {
		c.mu.Unlock()
		return nil
	}
	var contacts []bootstrap.Contact
	for _, e := range c.entries {
		contacts = append(contacts, bootstrap.Contact{ID: e.id, Addrs: []string{e.addr}})
	}
	c.mu.Unlock()
	contacts = append(contacts, bootstrap.Contacts(c.cfg.Contacts...)...)

	var others []transport.PeerID // contacts that we do not need
	found, err := bootstrap.Join(ctx, c.ep, contacts, c.takeSession, bootstrap.Options{
		MaxRounds:    1,
		DialTimeout:  3 * time.Second,
		CheckTimeout: 12 * time.Second,
		Release:      func(id transport.PeerID) { others = append(others, id) },
		Logger:       c.log,
	})
	switch {
	case errors.Is(err, ErrNetwork):
		return err
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNoVault, err)
	}
	s := found.Value
	for _, id := range others {
		if !slices.ContainsFunc(s.entries, func(e entry) bool { return e.id == id }) {
			c.ep.Disconnect(id)
		}
	}
	c.mu.Lock()
	c.network, c.genesis = wire.NetworkID(s.genesis), s.genesis
	c.session, c.entries, c.using = s.name, s.entries, 0
	c.mu.Unlock()
	c.log.Info("session", "entry", s.entries[0].name, "network", wire.NetworkID(s.genesis))
	return nil
}

// Vaults that went away still count as present for some seconds, so a session may
// name only entry vaults that cannot be reached. Then the contact is asked for
// another one, and its vaults are given twice the time.
const (
	maxSessions   = 3
	firstPatience = time.Second
	// standbyGrace is how long the other entry vaults are waited for once one has
	// answered.
	standbyGrace = 250 * time.Millisecond
)

// A session is what a vault gives to a client.
type session struct {
	name    xorname.Name
	genesis wire.Signed
	entries []entry // that can be reached; not empty
}

// takeSession takes a session from a contact that is connected.
func (c *Client) takeSession(ctx context.Context, peer bootstrap.Peer) (s session, err error) {
	contact, book, genesis, err := c.meet(ctx, peer)
	if err != nil {
		return s, err
	}
	s.genesis = genesis
	patience := firstPatience
	for range maxSessions {
		var reply wire.SessionReply
		if err := c.ask(ctx, contact.id, wire.KindSession, nil, &reply); err != nil {
			return s, err
		}
		s.name = reply.Session
		if s.entries = c.reach(ctx, book, reply.Entries, contact, patience); len(s.entries) > 0 {
			return s, nil
		}
		if err := ctx.Err(); err != nil {
			return s, err
		}
		c.log.Info("no entry vault of the session can be reached", "contact", contact.name, "session", s.name)
		patience *= 2
	}
	// The contact answers, and any member can serve a client.
	s.entries = []entry{contact}
	return s, nil
}

// meet makes sure that a peer is a member of the network looked for.
func (c *Client) meet(ctx context.Context, peer bootstrap.Peer) (contact entry, book *members.Book, genesis wire.Signed, err error) {
	network := c.Network()
	var hello wire.HelloReply
	if err := c.ask(ctx, peer.ID, wire.KindHello, wire.Hello{Version: wire.Version, Network: network}, &hello); err != nil {
		return contact, nil, genesis, err
	}
	if network != (NetworkID{}) && wire.NetworkID(hello.Genesis) != network {
		return contact, nil, genesis, errAnotherNetwork
	}
	book, err = c.askMembers(ctx, peer.ID, hello.Genesis)
	if err != nil {
		return contact, nil, genesis, err
	}
	member := book.Get(routing.Key(peer.ID))
	if member == nil {
		return contact, nil, genesis, errors.New("it is no member of the network that it names")
	}
	return entry{peer.ID, member.Name, peer.Addr}, book, hello.Genesis, nil
}

// errAnotherNetwork also tells package bootstrap not to ask this contact again.
var errAnotherNetwork = fmt.Errorf("%w (%w)", ErrNetwork, bootstrap.ErrNetwork)

// reach connects to the entry vaults of a session, which must be members, and
// returns those that answer in time, in their order. It waits until all have
// answered, a little while after the first one has, or until patience is over.
// The address at which the contact was reached is as good as the one that it
// says: it may not know by which host it is seen.
func (c *Client) reach(ctx context.Context, book *members.Book, list []wire.Member, contact entry, patience time.Duration) []entry {
	if len(list) > 8 {
		list = list[:8]
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := make([]entry, len(list))
	var wg sync.WaitGroup
	for i, m := range list {
		e, err := book.Add(m.Allotment)
		if err != nil {
			continue
		}
		id := transport.PeerID(e.Key)
		if id == contact.id {
			m.Addr = contact.addr
		}
		wg.Go(func() {
			if _, err := c.ep.Connect(ctx, m.Addr, id); err == nil {
				c.ep.Learn(id, m.Addr)
				found[i] = entry{id, e.Name, m.Addr}
				time.AfterFunc(standbyGrace, cancel)
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(found, func(e entry) bool { return e.addr == "" })
}

// ask sends a request without a body to a vault and decodes the answer.
func (c *Client) ask(ctx context.Context, to transport.PeerID, kind uint16, head, reply any) error {
	m := transport.Message{Kind: kind}
	if head != nil {
		m.Head = wire.Marshal(head)
	}
	m, err := c.ep.Request(ctx, to, m)
	var remote *transport.RemoteError
	if errors.As(err, &remote) && routing.Status(remote.Code) == routing.StatusNetwork {
		return errAnotherNetwork
	}
	if err != nil {
		return err
	}
	return wire.Unmarshal(m.Head, reply)
}

// place is an entry vault's place in a session.
type place struct {
	session xorname.Name
	index   int
}

// entryVault returns the vault to send through.
func (c *Client) entryVault() (transport.PeerID, place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[c.using].id, place{c.session, c.using}
}

// failover goes on through the next vault that stands by, or, when all were
// tried, gets a new session. was is the one that failed.
func (c *Client) failover(ctx context.Context, was place) {
	c.mu.Lock()
	if was != (place{c.session, c.using}) {
		c.mu.Unlock()
		return // somebody did
	}
	last := c.using == len(c.entries)-1
	if !last {
		c.using++
		c.log.Info("entry vault lost, the next takes over", "entry", c.entries[c.using].name)
	}
	c.mu.Unlock()
	if last {
		if err := c.enter(ctx, was.session); err != nil {
			c.log.Warn("no entry vault", "error", err)
		}
	}
}

// elsewhere goes on through another entry vault after every second try that
// failed: the one in use answers, but it may lie, or be cut off from the
// holders.
func (c *Client) elsewhere(ctx context.Context, try int) {
	if try%2 == 1 {
		_, was := c.entryVault()
		c.failover(ctx, was)
	}
}

// reserve takes n bytes of the memory that chunks under way may fill.
func (c *Client) reserve(ctx context.Context, n int) (release func(), err error) {
	if err := c.memory.Acquire(ctx, int64(n)); err != nil {
		return nil, err
	}
	return func() { c.memory.Release(int64(n)) }, nil
}

// onPeer is told by the transport that a connection is up or gone.
func (c *Client) onPeer(id transport.PeerID, up bool) {
	if !up {
		c.calls.lost(id)
	}
}
