package xero

import (
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// What tests look at alone.

func ReadTime(text string) time.Time { return readTime(text) }

func JoinPhone(number, area, country string) string {
	return phone{PhoneNumber: number, PhoneAreaCode: area, PhoneCountryCode: country}.join()
}

func Record(raw []byte) connector.Record { return record(raw, crm.Organisation{}) }
