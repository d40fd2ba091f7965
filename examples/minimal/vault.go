// Command minimal is a SAFE network in two files: this one is a vault, which keeps
// chunks; client.go, to be read next, turns a file into chunks and back.
//
//	go run ./examples/minimal vault -listen 127.0.0.1:4000
//	go run ./examples/minimal vault -listen 127.0.0.1:4001 -contact 127.0.0.1:4000
//	go run ./examples/minimal put -contact 127.0.0.1:4000 FILE
//	go run ./examples/minimal get -contact 127.0.0.1:4001 ADDRESS -o FILE
//
// Four packages are wired by hand: xorname measures how far names are apart,
// selfencrypt cuts, encrypts and checks, routing decides where a request goes
// next, transport carries it. Sections named are the paper's. Left out, and found
// in packages vault and client: signed receipts and names, other ways when a vault
// lies, copies anew after churn, a membership that lasts, bounds of disk space.
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

const (
	copies     = 4                      // vaults that keep each chunk, the same number everywhere
	maxMembers = 500                    // bounds what strangers can make a vault remember
	patience   = 20 * time.Second       // of a client, with one chunk
	majority   = 5 * time.Second        // that more than half of a group have to keep a chunk
	stragglers = 500 * time.Millisecond // that the others have after that
)

const ( // what one peer asks another
	kindJoin  uint16 = iota + 1 // a newcomer: how am I named? Answered with a name
	kindHello                   // a newcomer: so am I named; who is there? Answered with all members
	kindRoute                   // anybody: see to this routing.Request. Answered with the chunk of a get
	kindHold                    // a vault: keep this chunk. Its name is its hash (Immutable Data)
)

// member is a vault: its name says where it stands, its key who it is.
type member struct {
	routing.Contact
	Addr string // empty in a vault's own words
}

// vault is one of "a graph of independently operated nodes (called vaults) that
// validate, store and deliver data" (Introduction).
type vault struct {
	ep      transport.Endpoint
	store   *selfencrypt.DirStore
	mu      sync.Mutex // for what follows; held until the vault has a name, so that nobody is answered before
	router  *routing.Router
	waiting map[routing.ID]chan<- routing.Action // who is owed an answer
}

func runVault(ctx context.Context, listen, contact, dir string) (err error) {
	v := &vault{waiting: make(map[routing.ID]chan<- routing.Action)}
	v.mu.Lock()
	_, key, _ := ed25519.GenerateKey(nil) // the system's randomness never fails
	if v.ep, err = transport.Listen(transport.Config{Key: key, Listen: listen, Handler: v}); err != nil {
		return err
	}
	defer v.ep.Close()
	if err := v.join(ctx, contact, dir); err != nil {
		return fmt.Errorf("joining: %w", err)
	}
	fmt.Printf("address %s\nname    %s\n", v.ep.Addr(), v.router.Self().Name)
	for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		v.step(v.router.Tick) // the router has no clock: this is how it notices silence
	}
	return nil
}

// join makes this vault a member. "All vaults are allocated a random unique 256
// bit identifier by the network upon joining" (Vault Naming): one that chose
// its name would choose which chunks it is in charge of.
func (v *vault) join(ctx context.Context, contact, dir string) (err error) {
	name := xorname.Random() // the first vault has nobody to ask
	var greet []transport.PeerID
	if contact != "" {
		peer, err := v.ep.Connect(ctx, contact, transport.PeerID{})
		if err != nil {
			return err
		}
		reply, err := v.ep.Request(ctx, peer, transport.Message{Kind: kindJoin})
		if err = errors.Join(err, name.UnmarshalBinary(reply.Body)); err != nil {
			return err
		}
		greet = append(greet, peer)
	}
	if v.store, err = selfencrypt.NewDirStore(filepath.Join(dir, "vault-"+name.String())); err != nil {
		return err
	}
	v.router = routing.New(routing.Contact{Name: name, Key: v.ep.ID()}, routing.Config{
		Copies: copies, MaxTTL: patience, NewID: func() (id routing.ID) { rand.Read(id[:]); return id },
	})
	v.mu.Unlock()
	// Of two newcomers at once, the second to greet a member hears of the first.
	// Who does not answer is a member too: where chunks belong hangs on no link.
	for ; len(greet) > 0; greet = greet[1:] {
		var members []member
		reply, err := v.ep.Request(ctx, greet[0], transport.Message{Kind: kindHello, Head: name[:]})
		if err != nil || json.Unmarshal(reply.Body, &members) != nil {
			continue
		}
		for _, m := range members {
			v.ep.Learn(m.Key, m.Addr)
			if v.add(m.Contact) {
				greet = append(greet, m.Key)
			}
		}
	}
	return ctx.Err()
}

// add reports whether a member is new. A key keeps its first name.
func (v *vault) add(c routing.Contact) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, known := v.router.Contact(c.Key)
	return !known && v.router.Len() < maxMembers && v.router.Add(c)
}

func (v *vault) members() []member {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := []member{{Contact: v.router.Self()}}
	for _, c := range v.router.All() {
		list = append(list, member{c, v.ep.RemoteAddr(c.Key)}) // an endpoint listens where it dials from
	}
	return list
}

func (v *vault) HandleMessage(context.Context, transport.PeerID, transport.Message) {} // all want an answer

// HandleRequest answers a peer. The connection proves who it is; all else may
// be a lie. Transport bounds how much one peer may have waiting here.
func (v *vault) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (reply transport.Message, err error) {
	v.mu.Lock()
	_, isMember := v.router.Contact(from)
	v.mu.Unlock()
	switch {
	case m.Kind == kindJoin:
		reply.Body, err = xorname.Random().MarshalBinary()
	case m.Kind == kindHello && len(m.Head) == xorname.Size:
		v.add(routing.Contact{Name: xorname.Name(m.Head), Key: from})
		reply.Body, err = json.Marshal(v.members())
	case m.Kind == kindRoute:
		reply.Body, err = v.route(from, !isMember, m) // a client's entry vault tries other routes for it
	case m.Kind == kindHold && isMember:
		err = v.store.Put(ctx, xorname.FromContent(m.Body), m.Body)
	default:
		err = errors.New("malformed, or not from a member")
	}
	return reply, err
}

// route takes a request and waits for its answer. "Each vault only knows the
// details of the node one step away in the chain" (Network Traversal): the
// router sends it on under a fresh identifier and remembers whence it came.
func (v *vault) route(from routing.Key, entry bool, m transport.Message) ([]byte, error) {
	var req routing.Request
	if err := json.Unmarshal(m.Head, &req); err != nil {
		return nil, err
	}
	rand.Read(req.ID[:]) // what the peer calls it does not matter: transport knows where the answer belongs
	answer := make(chan routing.Action, 1)
	v.step(func(now time.Time) []routing.Action {
		v.waiting[req.ID] = answer
		return v.router.Request(now, from, entry, req, m.Body)
	})
	a := <-answer // comes at the request's deadline at the latest
	if s := a.Answer.Status; s != routing.StatusOK {
		return nil, &transport.RemoteError{Code: uint16(s), Text: s.String()}
	}
	return a.Body, nil
}

// step tells the router of an event and does what it decides. The router is a
// state machine for one goroutine at a time, so nothing here may wait.
func (v *vault) step(event func(now time.Time) []routing.Action) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, a := range event(time.Now()) {
		switch {
		case a.Forward != nil:
			go v.forward(a.To, *a.Forward, a.Body)
		case a.Deliver != nil:
			go v.deliver(*a.Deliver, a.Body)
		case a.Answer != nil:
			v.waiting[a.Answer.ID] <- a
			delete(v.waiting, a.Answer.ID)
		}
	}
}

// forward passes a request on: "if a neighbouring vault has an identifier with a
// smaller XOR distance to the chunk, the request is passed to that vault" (Network
// Traversal). The answer goes to the router, which knows whose it is.
func (v *vault) forward(to routing.Key, req routing.Request, body []byte) {
	chunk, err := ask(context.Background(), v.ep, to, req, body)
	told := &transport.RemoteError{} // code 0 is routing.StatusOK
	v.step(func(now time.Time) []routing.Action {
		if err != nil && (!errors.As(err, &told) || told.Code == 0) {
			return v.router.Failed(now, req.ID)
		}
		return v.router.Response(now, to, routing.Response{ID: req.ID, Status: routing.Status(told.Code), Final: true}, chunk)
	})
}

// deliver serves a request at its end, where "there is no vault with a closer
// XOR distance to the chunk" (Network Traversal).
func (v *vault) deliver(req routing.Request, body []byte) {
	status, chunk := routing.StatusMalformed, []byte(nil)
	switch {
	case req.Op == routing.OpPut && xorname.FromContent(body) == req.Target:
		status = v.spread(req, body)
	case req.Op == routing.OpGet:
		status = routing.StatusNotFound // also if it is damaged: another holder is asked
		if c, err := v.store.Get(context.Background(), req.Target); err == nil && xorname.FromContent(c) == req.Target {
			status, chunk = routing.StatusOK, c
		}
	}
	v.step(func(now time.Time) []routing.Action {
		return v.router.Respond(now, routing.Response{ID: req.ID, Status: status, Final: true}, chunk)
	})
}

// spread has a chunk kept by the vaults closest to its name: this one and others.
// More than half are enough: one that is slow or gone must not stop a put.
func (v *vault) spread(req routing.Request, chunk []byte) routing.Status {
	v.mu.Lock()
	others := v.router.Closest(req.Target, copies-1)
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), min(majority, req.TTL))
	defer cancel()
	results := make(chan error, copies)
	for _, holder := range others {
		go func() {
			_, err := v.ep.Request(ctx, holder.Key, transport.Message{Kind: kindHold, Body: chunk})
			results <- err
		}()
	}
	results <- v.store.Put(ctx, req.Target, chunk) // on disk when it returns
	status, kept := routing.StatusUnreachable, 0
	for range len(others) + 1 {
		if <-results == nil {
			kept++
		}
		if kept > (len(others)+1)/2 {
			status = routing.StatusOK
			time.AfterFunc(stragglers, cancel)
		}
	}
	return status
}
