#!/usr/bin/env bash
# The functions as zips that Lambda takes, with their sums: the same bytes from the same commit, in whatever folder it lies.
#
#   infra/build.sh arm64|x86_64 FOLDER [FUNCTION...]
#
# Writes FOLDER/FUNCTION-ARCHITECTURE.zip, FOLDER/SHA256SUMS-ARCHITECTURE, and FOLDER/piste.yaml: infra/template.yaml that takes
# these zips from a bucket (CodeBucket, CodePrefix) instead of from a compiler. PROFILE=dev builds faster and larger.
# Needs Rust with rustup, and Python; zig, which links for Amazon Linux from any machine, is installed into .ci/cache.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
all=(capture consent console feedback nurture relay trigger)

case "${1:-}" in
  arm64) target=aarch64-unknown-linux-gnu ;;
  x86_64) target=x86_64-unknown-linux-gnu ;;
  *) sed -n '4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
architecture=$1
mkdir -p "${2:?a folder to write to}"
out=$(cd "$2" && pwd -P)
shift 2
functions=("${@:-${all[@]}}")

zig=$root/.ci/cache/zig
pins=(cargo-zigbuild==0.24.1 ziglang==0.15.2)
if [ "$(cat "$zig/installed" 2> /dev/null)" != "${pins[*]}" ]; then
  rm -rf "$zig"
  python3 -m venv "$zig"
  "$zig/bin/pip" install --quiet --disable-pip-version-check "${pins[@]}"
  echo "${pins[*]}" > "$zig/installed"
fi
cd "$root"
rustup target add "$target" 2> /dev/null

# Neither the folder nor the home of whoever builds is written into a binary, and no clock.
export PISTE_COMMIT=${PISTE_COMMIT-$(git rev-parse --short=12 HEAD)}
export SOURCE_DATE_EPOCH=315532800 # 1980, where the time of a zip begins
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$root=/piste"$'\x1f'"--remap-path-prefix=$cargo_home=/cargo"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/lambda
export CARGO_INCREMENTAL=0
profile=${PROFILE:-release}
packages=()
for function in "${functions[@]}"; do packages+=(--package "piste-$function"); done
# Amazon Linux 2023 has glibc 2.34.
PATH=$zig/bin:$PATH cargo zigbuild --locked --quiet --profile "$profile" --target "$target.2.34" --bins "${packages[@]}"

folder=$profile
[ "$profile" != dev ] || folder=debug
python3 - "$out" "$architecture" "$CARGO_TARGET_DIR/$target/$folder" "${functions[@]}" << 'PYTHON'
import hashlib, pathlib, re, sys, zipfile

out, architecture, binaries, *functions = sys.argv[1:]
out, sums = pathlib.Path(out), []
for function in sorted(functions):
    path = out / f"{function}-{architecture}.zip"
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    binary = (pathlib.Path(binaries) / function).read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, binary, compresslevel=9)
    # The sum of what is inside, too: another zlib may pack the same bytes in another way.
    sums.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    sums.append(f"# {hashlib.sha256(binary).hexdigest()}  {path.name}/bootstrap")
(out / f"SHA256SUMS-{architecture}").write_text("\n".join(sums) + "\n")

template = pathlib.Path("infra/template.yaml").read_text()
template = re.sub(r"(?m)^    Metadata: \{BuildMethod: .*\n", "", template)
template, replaced = re.subn(
    r"(?m)^      CodeUri: \.\./functions/(\w+)$",
    r"      CodeUri: {Bucket: !Ref CodeBucket, Key: !Sub '${CodePrefix}\1-${Architecture}.zip'}",
    template,
)
assert replaced == 7, replaced
parameters = """
Parameters:
  CodeBucket:
    Type: String
    Description: The bucket, in the region of the stack, that holds the zips.
  CodePrefix:
    Type: String
    Default: ''
    Description: What stands before their names in it (piste/1.2.0/). Another for each version, or CloudFormation sees no change.
"""
template = template.replace("\nParameters:\n", parameters, 1)
(out / "piste.yaml").write_text(template)
PYTHON
grep -v '^#' "$out/SHA256SUMS-$architecture"
