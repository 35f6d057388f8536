#!/usr/bin/env bash
# Make the consortium files, run folders, ledgers, checks and scores of this folder, by the public commands.
#
#   PYTHON=python ./make.sh NEW_FOLDER        with privscore importable from there, at commit 15b9e14
#
# Run folders hold fresh coins: another call makes other bytes in them, and the same scores. Kept so
# that it can be seen how the files came about; nobody has to call it again.
set -euo pipefail
privscore() { "${PYTHON:-python3}" -m privscore "$@"; }
mkdir "$1"
cd "$1"
mkdir consortia runs ledgers checks scores

# toy: as it ships. neutral.toml bears a lost platform; three.toml has three platforms of the eight.
privscore init consortia/toy
toy=consortia/toy
sed 's/^\[policy\]/&\ndropout    = "neutral"/' $toy/consortium.toml >$toy/neutral.toml
"${PYTHON:-python3}" - $toy/consortium.toml >$toy/three.toml <<'PY'
import re, sys
gone = "marketplace|social|dating|rides|games"
text = open(sys.argv[1], encoding="utf-8").read()
text = re.sub(rf'\[\[party\]\]\nid    = "(?:{gone})"\n(?:.+\n)+\n', "", text)
text = re.sub(rf'\[\[scorecard.characteristic\]\]\nname .*\ncolumn  = "(?:{gone})\..*\n(?:.+\n)+\n', "", text)
print(text.replace("Eight platforms", "Three platforms").replace('"score"', '"total"'), end="")
PY

# hidden: firm owns the points, has committed to them, and office has signed. owner.toml is firm's
# own copy, with points and salt; everybody.toml is what the others have.
cp -r $toy consortia/hidden
rm consortia/hidden/neutral.toml consortia/hidden/three.toml
hidden=consortia/hidden/owner.toml
mv consortia/hidden/consortium.toml $hidden
sed -i 's/^id    = "desk"/id    = "firm"\nroles = ["card"]\n\n[[party]]\n&/' $hidden
sed -i 's/^id    = "desk"/id    = "office"\nroles = ["auditor"]\n\n[[party]]\n&/' $hidden
sed -i 's/^\[scorecard\]/&\nowner = "firm"\nhidden = ["points"]\npoints_range = [0, 150]/' $hidden
sed -i 's/desk = "score"/desk = "total"/' $hidden
privscore commit $hidden >bound.txt
sed -i "s/^points_range.*/&\n$(grep ^commitment bound.txt)\n$(grep ^salt bound.txt)/" $hidden
privscore sign $hidden --key auditor.pem --new >signed.txt
sed -i "s/^commitment.*/&\n$(grep ^signature signed.txt)/; s/^roles = .\"auditor.*/&\n$(grep ^public_key signed.txt)/" $hidden
grep -v '^points  \|^missing\|^salt' $hidden >consortia/hidden/everybody.toml
rm bound.txt signed.txt auditor.pem # nothing more is to be signed

# weights: totals are real, in steps of a fifth, so that no stated error moves a rounded score.
mkdir consortia/weights
cp $toy/{wallet,telecom,utility}.csv consortia/weights
cat >consortia/weights/consortium.toml <<'TOML'
schema  = "privscore/consortium@1"
name    = "weights"
purpose = "Keep a file with real weights and odds. Not for decisions about anybody."

[[party]]
id    = "wallet"
roles = ["data"]
table = "wallet.csv"

[[party]]
id    = "telecom"
roles = ["data"]
table = "telecom.csv"

[[party]]
id    = "utility"
roles = ["data"]
table = "utility.csv"

[[party]]
id    = "firm"
roles = ["card"]

[[party]]
id    = "desk"
roles = ["requester"]

[scorecard]
base = 420
clip = [350, 600]
odds = { score = 500, good_to_bad = 3.5, double = 40 }

[[scorecard.characteristic]]
name    = "contract"
column  = "telecom.months"
weight  = 0.6
range   = [0, 200]
missing = 22.4

[[scorecard.characteristic]]
name    = "bills"
column  = "utility.late_bills"
weight  = -7.8
range   = [0, 50]
missing = -10.2

[[scorecard.characteristic]]
name    = "payments"
column  = "wallet.late_90d"
bins    = [1, 3]
points  = [80, 20, -30]
missing = 10

[[tier]]
name   = "fair"
from   = 480
grants = "half"

[policy]
reveal     = { desk = "total" }
min_people = 50
TOML

for file in toy/consortium toy/neutral toy/three hidden/owner hidden/everybody weights/consortium; do
    privscore check consortia/$file.toml --json | "${PYTHON:-python3}" -m json.tool >checks/${file/\//-}.json
done

# Scores by the plaintext, one file for each consortium; the tests hold every method against it.
for file in toy/consortium toy/neutral toy/three hidden/owner weights/consortium; do
    privscore run consortia/$file.toml --method clear --out clear
    cp clear/desk/scores.csv scores/${file/\//-}.csv
    rm -r clear
done

# Run folders: all bytes recorded, but for the last, which is an outline.
privscore run $toy/consortium.toml --method secret-sum --out runs/secret-sum
rm -r $toy/.privscore # each run is the first about these people
privscore run $toy/three.toml --method masked-sum --out runs/masked-sum
rm -r $toy/.privscore
privscore run $toy/neutral.toml --method masked-sum --lose rides --out runs/masked-sum-lost
rm -r $toy/.privscore
privscore run $toy/three.toml --method bfv-sum --out runs/bfv-sum
rm -r $toy/.privscore
"${PYTHON:-python3}" - <<'PY'
from pathlib import Path
from privscore.consortium import load
from privscore.methods import named
from privscore.runtime.memory import run_job
run_job(
    load(Path("consortia/hidden/owner.toml")),
    named("bfv-hidden-card"),
    Path("runs/hidden-outline"),
    recording="outline",
)
PY
rm -r consortia/hidden/.privscore
for run in runs/*; do
    privscore ledger $run --json | "${PYTHON:-python3}" -m json.tool >ledgers/${run#runs/}.json
done
