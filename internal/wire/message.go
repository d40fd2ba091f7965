package wire

import (
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// Version is the version of the messages of this package. Peers tell it in
// Hello; a peer with another one is refused.
const Version = 1

// The message kinds, each with its sender and its receiver. docs/spec/messages.md
// is the table of them.
const (
	KindHello    uint16 = 1  // anyone -> vault, request: who are you, which network is this
	KindJoin     uint16 = 2  // newcomer -> vault, request: allot me a name
	KindAnnounce uint16 = 3  // vault -> vault, request: here is my allotment and address
	KindMembers  uint16 = 4  // anyone -> vault, request: your member list
	KindSession  uint16 = 5  // client -> vault, request: a session and its entry vaults
	KindPresence uint16 = 6  // vault -> vault, one-way: I am here, and this is my list's digest
	KindHold     uint16 = 7  // vault -> vault, request: hold this chunk
	KindHave     uint16 = 8  // vault -> vault, request: do you hold this chunk
	KindRequest  uint16 = 9  // client or vault -> vault, one-way: routed request
	KindResponse uint16 = 10 // vault -> client or vault, one-way: its answer, back the same way
)

// Request is the head of KindRequest. It names what is asked for and nothing
// of who asks. The body is the chunk of a put.
type Request struct {
	_      struct{} `cbor:",toarray"`
	ID     routing.ID
	Op     routing.Op
	Target xorname.Name
	Route  uint8    // 0: by the vault closest to the target, n: by the n-th closest after it
	TTL    uint32   // milliseconds for which the sender waits
	Nonce  [16]byte // makes a signed denial fresh; chosen by who asks
}

// Response is the head of KindResponse. Several may answer one request, all
// but the last with Final unset. The body is the chunk of a get.
type Response struct {
	_          struct{} `cbor:",toarray"`
	ID         routing.ID
	Status     routing.Status
	Final      bool
	Statements []Signed // receipts and denials of holders
}

// Hello is the head of KindHello.
type Hello struct {
	_       struct{} `cbor:",toarray"`
	Version uint16
	Network [32]byte // zero: not known yet, the answer tells
}

// HelloReply answers it.
type HelloReply struct {
	_       struct{} `cbor:",toarray"`
	Version uint16
	Genesis Signed
	Name    xorname.Name // of the answering vault
}

// Join is the head of KindJoin: it asks for a name for the key that the
// connection has proved. A newcomer does not choose.
type Join struct {
	_       struct{} `cbor:",toarray"`
	Network [32]byte
}

// JoinReply answers it.
type JoinReply struct {
	_         struct{} `cbor:",toarray"`
	Allotment Signed
	Members   []Member
}

// Announce is the head of KindAnnounce: its sender is the vault of this
// allotment and listens at Addr.
type Announce struct {
	_         struct{} `cbor:",toarray"`
	Network   [32]byte
	Allotment Signed
	Addr      string
}

// MembersReply answers KindAnnounce and KindMembers (whose head is empty).
type MembersReply struct {
	_       struct{} `cbor:",toarray"`
	Members []Member
}

// Member is what a vault knows of another.
type Member struct {
	_         struct{} `cbor:",toarray"`
	Allotment Signed
	Addr      string // host:port; told to vaults and, of entry vaults, to clients
	Present   bool   // heard of lately: counts for placement
}

// SessionReply answers KindSession (whose head is empty).
type SessionReply struct {
	_       struct{}     `cbor:",toarray"`
	Session xorname.Name // random; its closest vaults are the entry vaults
	Entries []Member     // closest first: the entry vault and those that stand by
}

// Presence is the head of KindPresence.
type Presence struct {
	_       struct{} `cbor:",toarray"`
	Leaving bool
	Digest  [32]byte // of the sender's member list
}

// Hold is the head of KindHold; the body is the chunk.
type Hold struct {
	_    struct{} `cbor:",toarray"`
	Name xorname.Name
}

// Have is the head of KindHave.
type Have struct {
	_    struct{} `cbor:",toarray"`
	Name xorname.Name
}

// HoldReply answers KindHold and KindHave. Receipt is set with StatusOK.
type HoldReply struct {
	_       struct{} `cbor:",toarray"`
	Status  routing.Status
	Receipt *Signed
}

// MaxAddr bounds the length of an address in a message.
const MaxAddr = 256
