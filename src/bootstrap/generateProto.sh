#!/bin/sh
# Regenerates src/vitess/gen from proto/. Needs protoc (Debian: protobuf-compiler) and the development dependencies.
# The result is committed, so that a build needs neither.
set -eu
cd "$(dirname "$0")/../.."
out=src/vitess/gen
mkdir -p "$out"
rm -f "$out"/*.ts
protoc -I proto --plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto --ts_proto_out="$out" \
  --ts_proto_opt=esModuleInterop=true,importSuffix=.ts,env=node,forceLong=bigint,unknownFields=true,oneof=unions,enumsAsLiterals=true,outputServices=grpc-js,useExactTypes=false,outputJsonMethods=true,removeEnumPrefix=false,exportCommonSymbols=false,useNumericEnumForJson=false,outputTypeAnnotations=false \
  proto/*.proto

# Two names of one enum value (MASTER and PRIMARY) give two case labels of one number; bundlers warn about the second, so it goes.
for file in "$out"/*.ts; do
  awk '/^  switch \(object\)/ { split("", seen) } /^    case -?[0-9]+:$/ { if (seen[$2]++) next } { print }' "$file" > "$file.new"
  mv "$file.new" "$file"
done
