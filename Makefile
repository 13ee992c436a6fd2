# What one runs by hand; .ci/run runs all of it but demo, bench and vendor.
.PHONY: demo test race fuzz lint bench vendor ci

demo: ## a sample business with simulated WhatsApp and SMS
	go run ./cmd/parley demo

test: ## both engines where PostgreSQL is installed, the browser where Chromium is
	go test ./...

race:
	go test -race ./...

fuzz: ## TIME for each target
	.ci/fuzz $(or $(TIME),30s)

lint:
	test -z "$$(git ls-files '*.go' | xargs gofmt -l)"
	go vet ./...
	go build -C tools -o /tmp/parley-staticcheck honnef.co/go/tools/cmd/staticcheck
	/tmp/parley-staticcheck ./...

bench: ## each benchmark reports its share of the bare database
	PARLEY_TEST_FSYNC=on go test -run '^$$' -bench . -benchtime 5s ./bench

vendor: ## fetch the browser's files from npm and verify them
	go run ./internal/web/vendorfetch

ci:
	.ci/run
