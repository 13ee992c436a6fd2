// Package importer turns the bytes of a file into drafts of contacts. It knows no
// database and decides nothing about contacts that exist.
//
// The way of a file: [Open] finds out what it is, how it is written and where its table
// begins, and proposes for each column the field it holds. The caller shows that, and
// opens the file again with what a person has changed ([Options], [Mapping]). [File.Rows]
// then walks over the rows of the table, a [Parser] makes a [Result] of each, and [Parse]
// does so on all cores. Nothing holds the whole file in memory.
//
// What is wrong with a file as a whole is a *crm.Error with a stable code. What is wrong
// with a row is in its Result: it refuses the row, or is a warning (M3).
package importer
