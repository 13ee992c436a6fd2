package store

import (
	"slices"

	"parley/internal/crm"
)

// filter adds the conditions of a filter on contact c, all but its Query and Status. The
// texts depend on which conditions there are and not on how many values they have, so
// that there is an end to the statements that are kept prepared.
func (w *conditions) filter(f crm.Filter) {
	w.hanging(f)
	w.row(f)
}

// hanging adds those that look at what hangs on a contact, for which its id is enough.
func (w *conditions) hanging(f crm.Filter) {
	w.tags(f)
	for _, kind := range f.Has {
		w.and(there(identityOf + w.arg(kind)))
	}
	for _, kind := range f.HasNot {
		w.and("not exists (select 1 " + identityOf + w.arg(kind) + ")")
	}
	for _, family := range f.OptOuts {
		w.and(there(optOutOf + w.arg(family)))
	}
	for _, family := range f.NotOptOuts {
		w.and("not exists (select 1 " + optOutOf + w.arg(family) + ")")
	}
	for _, c := range f.Custom {
		w.custom(c)
	}
}

// row adds those that look at the contact itself.
func (w *conditions) row(f crm.Filter) {
	w.assignees(f.Assignees)
	if len(f.Sources) > 0 {
		source := "c.source"
		if w.byID {
			source = "c.source || ''"
		}
		w.and(source + " = any(" + w.arg(texts(f.Sources)) + ")")
	}
	if len(f.Countries) > 0 {
		w.and("c.contact_country = any(" + w.arg(countryValues(f.Countries)) + ")")
	}
	w.messages(f)
}

const (
	identityOf = "from identity i where i.business_id = c.business_id and i.contact_id = c.id and i.kind = "
	optOutOf   = "from opt_out o where o.business_id = c.business_id and o.contact_id = c.id and o.family = "
	tagOf      = "from contact_tag ct where ct.business_id = c.business_id and ct.contact_id = c.id and ct.tag_id = "
	customOf   = "from contact_custom cc where cc.business_id = c.business_id and cc.contact_id = c.id and "
)

// there asks for something that hangs on a contact. It is not an exists, which SQLite would
// turn into a join over what hangs on everybody.
func there(from string) string { return "(select 1 " + from + " limit 1) = 1" }

func (w *conditions) tags(f crm.Filter) {
	switch len(f.Tags) {
	case 0:
	case 1:
		w.and(there(tagOf + w.arg(f.Tags[0])))
	default:
		w.and("(select count(*) " + tagOf + "any(" + w.arg(texts(f.Tags)) + ")) = " + w.arg(len(f.Tags)))
	}
	if len(f.AnyTags) > 0 {
		w.and(there(tagOf + "any(" + w.arg(texts(f.AnyTags)) + ")"))
	}
	if len(f.NotTags) > 0 {
		w.and("not exists (select 1 " + tagOf + "any(" + w.arg(texts(f.NotTags)) + "))")
	}
}

func (w *conditions) assignees(ids []crm.ID) {
	if len(ids) == 0 {
		return
	}
	users := slices.DeleteFunc(slices.Clone(ids), func(id crm.ID) bool { return id == crm.NobodyID })
	switch {
	case len(users) == 0:
		w.and("c.assignee_id is null")
	case len(users) == 1 && len(ids) == 1:
		w.and("c.assignee_id = " + w.arg(users[0]))
	case len(users) == len(ids):
		w.and("c.assignee_id = any(" + w.arg(texts(users)) + ")")
	default:
		w.and("(c.assignee_id is null or c.assignee_id = any(" + w.arg(texts(users)) + "))")
	}
}

func countryValues(countries []string) []string {
	values := slices.Clone(countries)
	for i, c := range values {
		if c == crm.NoCountry {
			values[i] = ""
		}
	}
	return values
}

// messages looks at the time of the last message; who never had one counts as asked for.
func (w *conditions) messages(f crm.Filter) {
	bounds := ""
	if !f.After.IsZero() {
		bounds = "c.last_message_at >= " + w.arg(f.After)
	}
	if !f.Before.IsZero() {
		if bounds != "" {
			bounds += " and "
		}
		bounds += "c.last_message_at < " + w.arg(f.Before)
	}
	switch {
	case f.NoMessage && bounds != "":
		w.and("(c.last_message_at is null or " + bounds + ")")
	case f.NoMessage:
		w.and("c.last_message_at is null")
	case bounds != "":
		w.and(bounds)
	}
}

func (w *conditions) custom(c crm.CustomCondition) {
	if c.Set != nil {
		if has := customOf + "cc.key = " + w.arg(c.Key); *c.Set {
			w.and(there(has))
		} else {
			w.and("not exists (select 1 " + has + ")")
		}
	}
	if len(c.Values) == 0 && c.Min == "" && c.Max == "" {
		return
	}
	// A contact has one value of a field, so it can be compared as it is. As an exists,
	// SQLite would go through everybody in the range for each contact.
	value := "(select cc.value " + customOf + "cc.key = " + w.arg(c.Key) + ")"
	if len(c.Values) > 0 {
		w.and(value + " = any(" + w.arg(c.Values) + ")")
	}
	if c.Min != "" {
		w.and(value + " >= " + w.arg(c.Min))
	}
	if c.Max != "" {
		w.and(value + " <= " + w.arg(c.Max))
	}
}

// customRange is what a condition wants of a row of contact_custom.
func customRange(w *conditions, alias string, c crm.CustomCondition) string {
	sql := alias + ".key = " + w.arg(c.Key)
	if len(c.Values) > 0 {
		sql += " and " + oneOf(w, alias+".value", c.Values)
	}
	if c.Min != "" {
		sql += " and " + alias + ".value >= " + w.arg(c.Min)
	}
	if c.Max != "" {
		sql += " and " + alias + ".value <= " + w.arg(c.Max)
	}
	return sql
}
