module clients

require github.com/ktr0731/evans v0.10.11
