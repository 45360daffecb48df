module clients

require github.com/fullstorydev/grpcurl v1.9.4
