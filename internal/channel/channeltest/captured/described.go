package captured

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"parley/internal/crm"
)

// Described is what items say, field by field and without what is empty or raw, as it
// stands in the tables.
func Described(items []crm.Inbound) []map[string]any {
	var all []map[string]any
	for _, item := range items {
		item.Raw = nil
		described, _ := describe(reflect.ValueOf(item)).(map[string]any)
		all = append(all, described)
	}
	return all
}

// describe turns a value into what JSON knows; nil when there is nothing in it.
func describe(v reflect.Value) any {
	if at, ok := v.Interface().(time.Time); ok {
		if at.IsZero() {
			return nil
		}
		return at.Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if described := describe(v.Elem()); described != nil {
			return described
		}
		return map[string]any{} // there, and empty
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			if described := describe(v.Field(i)); described != nil {
				fields[v.Type().Field(i).Name] = described
			}
		}
		if len(fields) == 0 {
			return nil
		}
		return fields
	case reflect.Slice:
		var list []any
		for i := range v.Len() {
			list = append(list, describe(v.Index(i)))
		}
		if list == nil {
			return nil
		}
		return list
	}
	if v.IsZero() {
		return nil
	}
	data, _ := json.Marshal(v.Interface()) // texts, numbers and booleans
	var plain any
	_ = json.Unmarshal(data, &plain)
	return plain
}

// Sound checks what holds for the items of every Parse: exactly one kind is set, there
// are an id and the raw bytes, and a message can be answered.
func Sound(t testing.TB, items []crm.Inbound) {
	t.Helper()
	for _, item := range items {
		kinds := 0
		for _, is := range []bool{item.Message != nil, item.Reaction != nil, item.Status != nil, item.Moved != nil, item.Consent != nil, item.Unreadable != ""} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("an item is %d things: %+v", kinds, item)
		}
		if item.ExternalID == "" || len(item.Raw) == 0 {
			t.Errorf("an item without an id or its raw bytes: %+v", item)
		}
		if item.Message != nil && item.Sender.Address == "" {
			t.Errorf("a message that cannot be answered: %+v", item)
		}
	}
}
