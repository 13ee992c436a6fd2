// Package crm says what things are: contacts, users, conversations, messages and the
// rules about them as pure functions. It knows no database, no HTTP and no provider;
// everything else in Parley stands on it and it stands on nothing of ours.
//
// Numbers such as C2 or I3 in comments are the rules of the product (docs/rules.md).
package crm
