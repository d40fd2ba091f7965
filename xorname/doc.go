// Package xorname provides the names of the SAFE network, the XOR distance
// between them, and the prefixes that gather names into sections.
//
// Start with [FromContent], which names data by its hash, [CompareDistance],
// which says which of two names is closer to a third, and [ParsePrefix] with
// [Prefix.Matches], which say whether a name belongs to a section.
//
// Everything lives in one space of 256-bit numbers: vaults, chunks, mutable
// data, accounts. Whoever is closest to a name answers for it, and vaults
// whose names begin with the same bits form a section (paper, "Network
// Traversal", "Vault Naming" and "Disjoint Sections").
//
// [Name] and [Prefix] are plain comparable values: use == and use them as map
// keys. All functions and methods are safe for concurrent use, except that
// the Unmarshal methods and the sorts write to what they are given.
//
// No call panics because of its arguments. Where an index or a count lies
// outside its range, the comment of the call says what happens instead.
package xorname
