module chat

go 1.23
