"""Experiences as agents leave them, over languages and tools: what was done, said and printed.

Made up, in the words that the tools print. Each is one task with a known ending, so that what is
judged and learned from it can be held to what happened.
"""

from __future__ import annotations

from typing import Final

from reasoningbank import Step, TrajectoryInput, Verdict

MENDED_IMPORT: Final = TrajectoryInput(
    task_description="tests/test_export.py fails since the move to Python 3.12, make it pass",
    task_category="software-engineering",
    steps=(
        Step(
            action="python -m pytest tests/test_export.py -q",
            observation="""\
==================================== ERRORS ====================================
____________________ ERROR collecting tests/test_export.py _____________________
ImportError while importing test module '/home/mira/exporter/tests/test_export.py'.
Traceback:
/usr/lib/python3.12/importlib/__init__.py:90: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_export.py:3: in <module>
    from exporter.rows import rows_of
src/exporter/rows.py:4: in <module>
    from collections import Mapping
E   ImportError: cannot import name 'Mapping' from 'collections' (/usr/lib/python3.12/collections/__init__.py)
=========================== short test summary info ============================
ERROR tests/test_export.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
1 error in 0.21s
""",
            thought="I'll run the failing test first.",
        ),
        Step(
            action="sed -i 's/from collections import Mapping/from collections.abc import Mapping/' src/exporter/rows.py",
            observation="",
            thought=(
                "The abstract base classes were removed from collections in Python 3.10, so Mapping "
                "has to be imported from collections.abc. Let me fix the import."
            ),
        ),
        Step(
            action="python -m pytest tests/test_export.py -q",
            observation="......                                                  [100%]\n6 passed in 0.34s\n",
            thought="Now run the tests again.",
        ),
    ),
)

MENDED_UNITTEST: Final = TrajectoryInput(
    task_description="The nightly report shows yesterday's date for customers in Tokyo. Fix it.",
    task_category="software-engineering",
    steps=(
        Step(
            action="cd /srv/app && python -m unittest tests.test_report -v",
            observation="""\
test_day_in_tokyo (tests.test_report.ReportTest) ... FAIL
test_day_in_utc (tests.test_report.ReportTest) ... ok

======================================================================
FAIL: test_day_in_tokyo (tests.test_report.ReportTest)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/srv/app/tests/test_report.py", line 18, in test_day_in_tokyo
    self.assertEqual(day_of(stamp, "Asia/Tokyo"), date(2024, 3, 2))
AssertionError: datetime.date(2024, 3, 1) != datetime.date(2024, 3, 2)

----------------------------------------------------------------------
Ran 2 tests in 0.002s

FAILED (failures=1)
""",
        ),
        Step(action="cat report.py", observation="def day_of(stamp, zone):\n    return stamp.date()\n"),
        Step(
            action="cat > report.py <<'EOF'\nfrom zoneinfo import ZoneInfo\n\ndef day_of(stamp, zone):\n    return stamp.astimezone(ZoneInfo(zone)).date()\nEOF",
            observation="",
            thought=(
                "The date is taken before the time is converted, which means that the zone is never "
                "used. The stamp must be converted with astimezone before its date is taken."
            ),
        ),
        Step(
            action="cd /srv/app && python -m unittest tests.test_report -v",
            observation="test_day_in_tokyo ... ok\ntest_day_in_utc ... ok\n\n----\nRan 2 tests in 0.002s\n\nOK\n",
        ),
    ),
)  # fmt: skip

MENDED_JEST: Final = TrajectoryInput(
    task_description="The price list test of the shop front end fails, please repair it",
    task_category="software-engineering",
    steps=(
        Step(
            action="npm test -- src/prices.test.js",
            observation="""\
 FAIL  src/prices.test.js
  ● sorts prices from low to high

    expect(received).toEqual(expected) // deep equality

    - Expected  - 1
    + Received  + 1

      Array [
    +   10,
        2,
    -   10,
      ]

      at Object.<anonymous> (src/prices.test.js:7:24)

Tests:       1 failed, 3 passed, 4 total
Time:        0.912 s
""",
        ),
        Step(action="cat src/prices.js", observation="export const sorted = (all) => all.sort();\n"),
        Step(
            action="sed -i 's/all.sort()/[...all].sort((a, b) => a - b)/' src/prices.js",
            observation="",
            thought=(
                "Array.prototype.sort compares elements as strings unless it is given a comparator, "
                "so 10 comes before 2."
            ),
        ),
        Step(
            action="npm test -- src/prices.test.js",
            observation=" PASS  src/prices.test.js\n\nTests:       4 passed, 4 total\nTime:        0.8 s\n",
        ),
    ),
)  # fmt: skip

MENDED_CARGO: Final = TrajectoryInput(
    task_description="Make the crate compile again",
    task_category="software-engineering",
    steps=(
        Step(
            action="cargo test",
            observation="""\
   Compiling ledger v0.3.0 (/home/kim/ledger)
error[E0502]: cannot borrow `self.rows` as mutable because it is also borrowed as immutable
  --> src/book.rs:41:13
   |
40 |         for row in self.rows.iter() {
   |                    ---------------- immutable borrow occurs here
41 |             self.rows.push(row.negated());
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ mutable borrow occurs here

For more information about this error, try `rustc --explain E0502`.
error: could not compile `ledger` (lib) due to 1 previous error
""",
        ),
        Step(
            action="str_replace_editor str_replace /home/kim/ledger/src/book.rs --old_str 'for row in self.rows.iter() {' --new_str 'for row in self.rows.clone() {'",
            observation="The file /home/kim/ledger/src/book.rs has been edited.",
            thought=(
                "The loop holds an immutable borrow of the rows while it pushes to them. The rows must "
                "be cloned before the loop because a vector cannot be changed while it is iterated."
            ),
        ),
        Step(
            action="cargo test",
            observation="running 12 tests\n\ntest result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        ),
    ),
)

MENDED_GO: Final = TrajectoryInput(
    task_description="TestCounter fails now and then, find out why and fix it",
    task_category="software-engineering",
    steps=(
        Step(
            action="go test -race ./counter/...",
            observation="""\
==================
WARNING: DATA RACE
Write at 0x00c0000180a8 by goroutine 8:
  example.com/app/counter.(*Counter).Add()
      /home/jo/app/counter/counter.go:11 +0x44
==================
--- FAIL: TestCounter (0.01s)
    testing.go:1398: race detected during execution of test
FAIL
FAIL\texample.com/app/counter\t0.021s
FAIL
""",
            thought="The race detector should tell whether two goroutines write at the same time.",
        ),
        Step(
            action="str_replace_editor str_replace counter/counter.go --old_str '\tc.n++' --new_str '\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\tc.n++'",
            observation="The file has been edited.",
            thought="Add is called from several goroutines without a lock, so increments are lost. It needs a mutex around the increment.",
        ),
        Step(action="go test -race ./counter/...", observation="ok  \texample.com/app/counter\t1.034s\n"),
    ),
)  # fmt: skip

MENDED_MAKE: Final = TrajectoryInput(
    task_description="Build the image tool from source",
    task_category="build",
    steps=(
        Step(
            action="make",
            observation="gcc -O2 -c thumb.c -o thumb.o\nthumb.c:3:10: fatal error: png.h: No such file or directory\n    3 | #include <png.h>\n      |          ^~~~~~~\ncompilation terminated.\nmake: *** [Makefile:9: thumb.o] Error 1\n",
        ),
        Step(
            action="apt-get install -y libpng",
            observation="Reading package lists...\nE: Unable to locate package libpng\n",
            thought="The header of libpng is missing.",
        ),
        Step(
            action="apt-get install -y libpng-dev",
            observation="Setting up libpng-dev (1.6.43-5) ...\n",
            thought="Headers are in the package that ends in -dev, not in the library itself.",
        ),
        Step(action="make", observation="gcc -O2 -c thumb.c -o thumb.o\ngcc thumb.o -lpng -o thumb\n"),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment"),
)  # fmt: skip

MENDED_PUSH: Final = TrajectoryInput(
    task_description="Push my commit to the main branch",
    task_category="version-control",
    steps=(
        Step(
            action="git push origin main",
            observation="""\
To github.com:acme/billing.git
 ! [rejected]        main -> main (fetch first)
error: failed to push some refs to 'github.com:acme/billing.git'
hint: Updates were rejected because the remote contains work that you do not
hint: have locally. This is usually caused by another repository pushing to
hint: the same ref. If you want to integrate the remote changes, use
hint: 'git pull' before pushing again.
""",
        ),
        Step(
            action="git pull --rebase origin main",
            observation="From github.com:acme/billing\n * branch            main       -> FETCH_HEAD\nSuccessfully rebased and updated refs/heads/main.\n",
            thought="The remote has commits that are missing here, so they must be fetched and my commit put on top of them.",
        ),
        Step(
            action="git push origin main",
            observation="To github.com:acme/billing.git\n   1f2e3d4..5a6b7c8  main -> main\n",
        ),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment"),
)

MENDED_DOCKER: Final = TrajectoryInput(
    task_description="Build the container image of the service",
    task_category="devops",
    steps=(
        Step(
            action="docker build -t service .",
            observation="""\
#9 [5/6] RUN npm ci
#9 1.204 npm ERR! code EUSAGE
#9 1.204 npm ERR! The `npm ci` command can only install with an existing package-lock.json
#9 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
------
ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
""",
        ),
        Step(action="cat .dockerignore", observation="node_modules\n*.json\n!package.json\n"),
        Step(
            action="sed -i 's/!package.json/!package*.json/' .dockerignore",
            observation="",
            thought="The lock file is excluded by .dockerignore, which is why npm ci cannot find it in the image.",
        ),
        Step(action="docker build -t service .", observation="#12 naming to docker.io/library/service done\n"),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment"),
)  # fmt: skip

MENDED_QUERY: Final = TrajectoryInput(
    task_description="How many customers ordered more than once in 2023?",
    task_category="sql",
    steps=(
        Step(
            action='psql -d shop -c "SELECT customer_id, count(*) FROM orders WHERE count(*) > 1 GROUP BY customer_id"',
            observation="ERROR:  aggregate functions are not allowed in WHERE\nLINE 1: SELECT customer_id, count(*) FROM orders WHERE count(*) > 1\n                                                         ^\n",
        ),
        Step(
            action='psql -d shop -c "SELECT customer_id, count(*) FROM orders GROUP BY customer_id HAVING count(*) > 1"',
            observation=" customer_id | count \n-------------+-------\n          17 |     3\n(1 row)\n",
            thought="Conditions on aggregates belong into HAVING, since WHERE is applied before the rows are grouped.",
        ),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment", evidence={"reward": 1.0}),
)

BOOKED: Final = TrajectoryInput(
    task_description="Book the shortest one-way flight from: OSL to: NCE on 12/21/2016.",
    task_category="web",
    steps=(
        Step(action="type('#flight-from', 'OSL')", observation="autocomplete: OSL Oslo"),
        Step(action="click('#search')", error="Please select a departure airport from the list"),
        Step(
            action="click('.ui-menu-item')",
            observation="#flight-from = Oslo (OSL)",
            thought="The field only takes a value that was chosen from its menu, so the suggestion must be clicked.",
        ),
        Step(action="type('#flight-to', 'NCE')", observation="autocomplete: NCE Nice"),
        Step(action="click('.ui-menu-item')", observation="#flight-to = Nice (NCE)"),
        Step(action="click('#search')", observation="3 flights"),
        Step(action="click('.flight-price[data-duration=105]')", observation="reward: 1.0"),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment", evidence={"reward": 1.0}),
)

MISCLICKED: Final = TrajectoryInput(
    task_description="Select Lila and Wren in the list and click Submit.",
    task_category="web",
    steps=(
        Step(action="click('text=Lila')", observation="Lila selected"),
        Step(action="click('text=Wren')", observation="Wren selected, Lila not selected"),
        Step(
            action="click('#submit')",
            observation="reward: -1.0",
            thought="Both names are chosen.",
        ),
    ),
    verdict=Verdict(kind="failure", score=0.0, source="environment", evidence={"reward": -1.0}),
)

LEFT_FAILING: Final = TrajectoryInput(
    task_description="Fix the rounding of invoices so that the tests pass",
    task_category="software-engineering",
    steps=(
        Step(
            action="pytest tests/test_invoice.py -q",
            observation="E   AssertionError: assert Decimal('2.67') == Decimal('2.68')\ntests/test_invoice.py:12: AssertionError\n1 failed, 4 passed in 0.05s\n",
        ),
        Step(
            action="edit 'round(total, 2)' 'round(total + Decimal(\"0.001\"), 2)'",
            observation="File updated.",
            thought="Adding a little before rounding should push it over the border.",
        ),
        Step(
            action="pytest tests/test_invoice.py -q",
            observation="E   AssertionError: assert Decimal('2.67') == Decimal('2.68')\ntests/test_invoice.py:12: AssertionError\n2 failed, 3 passed in 0.05s\n",
        ),
        Step(action="submit", observation=""),
    ),
)

NOBODY_KNOWS: Final = TrajectoryInput(
    task_description="Rename the helper to something clearer",
    task_category="software-engineering",
    steps=(
        Step(action="grep -rn 'def do_it' src", observation="src/app/core.py:12:def do_it(x):\n"),
        Step(
            action="sed -i 's/do_it/normalise_rows/g' src/app/core.py",
            observation="",
            thought="This is a success, all tests pass now.",
        ),
        Step(action="submit", observation=""),
    ),
)

WAITED_FOR: Final = TrajectoryInput(
    task_description="Start the API and check that /health answers",
    task_category="devops",
    steps=(
        Step(action="docker compose up -d", observation="Container api-1  Started\n"),
        Step(
            action="curl -sf http://localhost:8000/health",
            observation="curl: (7) Failed to connect to localhost port 8000 after 0 ms: Connection refused\n",
        ),
        Step(
            action="docker compose logs api",
            observation="api-1  | waiting for database system to be ready\napi-1  | listening on 0.0.0.0:8080\n",
        ),
        Step(
            action="curl -sf http://localhost:8080/health",
            observation='{"status":"ok"}\n',
            thought="The service listens on port 8080 rather than 8000, as its log says.",
        ),
    ),
    verdict=Verdict(kind="success", score=1.0, source="test", evidence={"exit_code": 0}),
)
RESOLVED_PIP: Final = TrajectoryInput(
    task_description="Install the requirements of the notebook server",
    task_category="devops",
    steps=(
        Step(
            action="pip install -r requirements.txt",
            observation="""\
Collecting numpy==1.21.0
ERROR: Cannot install numpy==1.21.0 and pandas==2.2.1 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested numpy==1.21.0
    pandas 2.2.1 depends on numpy<2 and >=1.22.4; python_version < "3.11"

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
""",
        ),
        Step(
            action="sed -i 's/numpy==1.21.0/numpy>=1.22.4,<2/' requirements.txt",
            observation="",
            thought="The pin of numpy is older than what pandas requires, so it must be loosened to the range pandas names.",
        ),
        Step(
            action="pip install -r requirements.txt",
            observation="Successfully installed numpy-1.26.4 pandas-2.2.1\n",
        ),
    ),
    verdict=Verdict(kind="success", score=1.0, source="environment", evidence={"exit_code": 0}),
)
