package vault

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// Vault is a running storage node. Its methods are safe for concurrent use.
type Vault struct {
	cfg   Config
	log   *slog.Logger
	key   ed25519.PrivateKey
	id    transport.PeerID
	store *store.Store
	ep    transport.Endpoint

	loop    chan func(*core)
	ready   chan struct{} // closed once the vault has a name and its loop runs
	spread  *spreader
	waiting waiters

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	once   sync.Once

	mu     sync.Mutex // for closed, so that nothing is added to a group waited for
	closed bool
	wg     sync.WaitGroup
}

// Info says how a vault is doing.
type Info struct {
	Name    xorname.Name
	Network NetworkID
	Key     transport.PeerID
	Addr    string
	Members int // present, this vault included
	Chunks  int64
	Bytes   int64
}

// NetworkID identifies a network: the SHA3-256 of its signed genesis. It prints
// as 64 hex digits.
type NetworkID = wire.Network

// Start opens the data directory, joins the network and returns once the vault
// serves. ctx bounds the start, not the life of the vault.
//
// Errors: store.ErrInUse when another process has the directory, store's other
// errors for one that cannot be used, ErrNoContact when no vault of the network
// could be reached, ErrNetwork when the contact belongs to another network than
// the directory, and those of listening.
func Start(ctx context.Context, cfg Config) (*Vault, error) {
	cfg = cfg.withDefaults()
	v := &Vault{cfg: cfg, log: cfg.Logger, loop: make(chan func(*core)), ready: make(chan struct{})}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.spread = newSpreader(v)
	if err := v.start(ctx); err != nil {
		v.shut()
		return nil, err
	}
	return v, nil
}

func (v *Vault) start(ctx context.Context) error {
	var err error
	if v.store, err = store.Open(v.cfg.Dir, &store.Options{
		Logger: v.log, Space: v.cfg.Space, OnCorrupt: v.onCorrupt,
	}); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	id, err := loadIdentity(v.store, v.cfg)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	v.key = id.key
	v.id = transport.PeerID(sign.Public(id.key))
	if v.ep, err = v.listen(id.listen); err != nil {
		return err
	}
	if err := saveListen(v.store, v.ep.Addr()); err != nil {
		return err
	}
	if err := v.join(ctx, id); err != nil {
		return err
	}
	v.spawn(v.beat)
	v.spawn(v.spread.run)
	info := v.Info()
	v.log.Info("serving", "name", info.Name, "addr", info.Addr, "network", info.Network, "members", info.Members)
	if v.cfg.Events.Joined != nil {
		v.cfg.Events.Joined(info.Name)
	}
	return nil
}

// listen opens the endpoint. The port of the last run is a wish, an address
// from the caller is not.
func (v *Vault) listen(last string) (transport.Endpoint, error) {
	tc := transport.Config{
		Key: v.key, Handler: handler{v}, Logger: v.log, OnPeer: v.onPeer,
		Listen: v.cfg.Listen, IdleTimeout: v.cfg.AwayAfter, KeepAlive: v.cfg.Heartbeat,
	}
	if tc.Listen != "" {
		ep, err := v.cfg.Transport(tc)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", tc.Listen, err)
		}
		return ep, nil
	}
	if last != "" {
		tc.Listen = last
		if ep, err := v.cfg.Transport(tc); err == nil {
			return ep, nil
		}
		v.log.Info("port of the last run is taken, another is used", "addr", last)
	}
	tc.Listen = "127.0.0.1:0"
	ep, err := v.cfg.Transport(tc)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", tc.Listen, err)
	}
	return ep, nil
}

// Info returns how the vault is doing.
func (v *Vault) Info() Info {
	info := Info{Key: v.id, Addr: v.ep.Addr()}
	v.do(func(c *core) {
		info.Name = c.router.Self().Name
		info.Network = NetworkID(c.book.Network())
		info.Members = c.list.Len()
	})
	u := v.store.Usage()
	info.Chunks, info.Bytes = u.Chunks, u.Bytes
	return info
}

// Close says goodbye to the others, finishes what is being written and ends
// the vault. What it had acknowledged is on disk.
func (v *Vault) Close() error {
	v.farewell()
	return v.shut()
}

func (v *Vault) shut() (err error) {
	v.once.Do(func() {
		v.mu.Lock()
		v.closed = true
		v.mu.Unlock()
		v.cancel()
		if v.ep != nil {
			err = v.ep.Close()
		}
		v.wg.Wait()
		if v.store != nil {
			if e := v.store.Close(); err == nil {
				err = e
			}
		}
	})
	return err
}

// spawn runs f in a goroutine that Close waits for. A closed vault runs
// nothing any more.
func (v *Vault) spawn(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closed {
		v.wg.Go(f)
	}
}

// farewell tells the members that this vault leaves, so that they need not
// wait to notice.
func (v *Vault) farewell() {
	ctx, cancel := context.WithTimeout(v.ctx, time.Second)
	defer cancel()
	head := wire.Marshal(wire.Presence{Leaving: true})
	var wg sync.WaitGroup
	for _, c := range v.present() {
		wg.Go(func() {
			_ = v.ep.Send(ctx, transport.PeerID(c.Key), transport.Message{Kind: wire.KindPresence, Head: head})
		})
	}
	wg.Wait()
}

// present returns the other members present.
func (v *Vault) present() (others []routing.Contact) {
	v.do(func(c *core) { others = c.router.All() })
	return others
}
