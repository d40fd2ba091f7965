package vault

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// The records of the data directory. Each begins with its version.
const (
	metaKey     = "vault/key"     // Ed25519 seed
	metaListen  = "vault/listen"  // address of the last run
	metaNetwork = "vault/network" // genesis, own allotment, the members known
)

const recordVersion = 1

// keyRecord, listenRecord and networkRecord are the values of the records.
type keyRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint16
	Seed    [ed25519.SeedSize]byte
}

type listenRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint16
	Addr    string
}

type networkRecord struct {
	_         struct{} `cbor:",toarray"`
	Version   uint16
	Genesis   wire.Signed
	Allotment wire.Signed
	Members   []wire.Member
}

// identity is what the data directory says of the vault.
type identity struct {
	key    ed25519.PrivateKey
	listen string        // of the last run
	book   *members.Book // nil: of no network yet
	own    wire.Signed   // own allotment, with book
}

// loadIdentity reads the identity from the store; a fresh directory gets a
// key, and with First a network.
func loadIdentity(s *store.Store, cfg Config) (*identity, error) {
	id := new(identity)
	var err error
	if id.key, err = loadKey(s); err != nil {
		return nil, err
	}
	var l listenRecord
	if ok, err := readRecord(s, metaListen, &l, &l.Version); err != nil {
		return nil, err
	} else if ok {
		id.listen = l.Addr
	}
	var n networkRecord
	ok, err := readRecord(s, metaNetwork, &n, &n.Version)
	switch {
	case err != nil:
		return nil, err
	case ok && cfg.First && n.Genesis.Signer != sign.Public(id.key):
		return nil, errors.New("it belongs to a network already that another vault began; start without beginning a new one, or with an empty directory")
	case ok:
		return id, id.resume(n)
	case cfg.First:
		return id, id.found(cfg.Copies)
	}
	return id, nil
}

func loadKey(s *store.Store) (ed25519.PrivateKey, error) {
	var k keyRecord
	ok, err := readRecord(s, metaKey, &k, &k.Version)
	if err != nil {
		return nil, err
	}
	if !ok {
		k.Version = recordVersion
		rand.Read(k.Seed[:])
		if err := s.SetMeta(metaKey, wire.Marshal(k)); err != nil {
			return nil, err
		}
	}
	return ed25519.NewKeyFromSeed(k.Seed[:]), nil
}

// readRecord reads a record into v and reports whether there is one. version
// points at v's version.
func readRecord(s *store.Store, key string, v any, version *uint16) (bool, error) {
	data, err := s.GetMeta(key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := wire.Unmarshal(data, v); err != nil {
		return false, fmt.Errorf("record %s: %w", key, err)
	}
	if *version != recordVersion {
		return false, fmt.Errorf("record %s is of version %d, this program knows version %d", key, *version, recordVersion)
	}
	return true, nil
}

// resume takes up the network of the last run.
func (id *identity) resume(n networkRecord) error {
	book, err := members.NewBook(n.Genesis)
	if err != nil {
		return err
	}
	for _, m := range book.AddAll(n.Members) {
		m.Entry.Addr = m.Addr
	}
	own, err := book.Add(n.Allotment)
	if err != nil {
		return fmt.Errorf("own allotment: %w", err)
	}
	if own.Key != sign.Public(id.key) {
		return errors.New("own allotment is for another key")
	}
	id.book, id.own = book, n.Allotment
	return nil
}

// found begins a network. It is written once the vault listens.
func (id *identity) found(copies int) error {
	if copies < 1 || copies > 64 {
		return fmt.Errorf("%d copies: a network keeps 1 to 64", copies)
	}
	g := wire.Genesis{
		Version: wire.Version, Time: uint64(time.Now().UnixMilli()),
		Copies: uint8(copies), Name: xorname.Random(),
	}
	rand.Read(g.Random[:])
	id.own = wire.NewSigned(id.key, sign.Genesis, &g)
	book, err := members.NewBook(id.own)
	if err != nil {
		return err
	}
	id.book = book
	return nil
}

func newNetworkRecord(own wire.Signed, book *members.Book) networkRecord {
	return networkRecord{Version: recordVersion, Genesis: book.Genesis(), Allotment: own, Members: book.Wire()}
}

func saveNetwork(s *store.Store, r networkRecord) error {
	return s.SetMeta(metaNetwork, wire.Marshal(r))
}

func saveListen(s *store.Store, addr string) error {
	return s.SetMeta(metaListen, wire.Marshal(listenRecord{Version: recordVersion, Addr: addr}))
}
