# SPDX-License-Identifier: BSD-3-Clause
"""godwitd and godwitctl as an operator meets them, over a data plane that only answers.

Usage: test_godwitd.py GODWITD GODWITCTL FAKE_DATAPLANE
"""
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

GODWITD, GODWITCTL, DATAPLANE = sys.argv[1:4]


def wait_for(what, condition, seconds=10):
    """Polls until condition() is true; returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def readable_copy(program, directory):
    """A copy that every user may run, whatever the permissions above the build directory."""
    os.chmod(directory, 0o755)
    return shutil.copy(program, directory)


class Daemon(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="godwitd-")
        self.run_dir = self.dir.name + "/run"
        self.control = self.run_dir + "/control.sock"
        self.config = self.dir.name + "/godwit.yaml"
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"run_dir: {self.run_dir}\ndata_dir: {self.dir.name}/data\nquantum_us: 3\n"
                    "ports:\n  - name: gw\n    driver: ring\n")
        self.log = open(self.dir.name + "/log", "w+", encoding="utf-8")
        self.daemons = []

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.terminate()
                daemon.wait(10)
        # A test that ends with the daemon killed leaves the data plane to be taken over and stopped.
        if os.path.exists(self.run_dir + "/dataplane.sock"):
            self.start()
            self.daemons[-1].terminate()
            self.daemons[-1].wait(10)
        self.log.close()
        self.dir.cleanup()

    def launch(self, *options, env=None):
        daemon = subprocess.Popen([GODWITD, "--config", self.config, "--dataplane", DATAPLANE, *options],
                                  stderr=self.log, env=env)
        self.daemons.append(daemon)
        return daemon

    def start(self):
        daemon = self.launch()
        self.dataplane_pid()
        return daemon

    def ctl(self, *args, socket_path=None):
        return subprocess.run([GODWITCTL, "--socket", socket_path or self.control, *args], text=True,
                              capture_output=True, timeout=20, check=False)

    def ask(self, *args):
        done = self.ctl(*args, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def dataplane(self):
        done = self.ctl("status", "--json")
        status = json.loads(done.stdout)["dataplane"] if done.returncode == 0 else {}
        return status if status.get("state") == "serving" else None

    def dataplane_pid(self):
        return wait_for("the data plane serves", self.dataplane)["pid"]

    def log_text(self):
        with open(self.log.name, encoding="utf-8") as f:
            return f.read()

    def steer(self, name, on):
        path = f"{self.run_dir}/{name}"
        if on:
            with open(path, "w", encoding="ascii"):
                pass
        else:
            os.unlink(path)

    def test_start_status_forward_stop(self):
        daemon = self.start()
        status = self.ask("status")
        self.assertEqual(status["pid"], daemon.pid)
        pid = status["dataplane"]["pid"]
        self.assertEqual(status["dataplane"]["restarts"], 0)
        self.assertEqual(os.stat(self.control).st_mode & 0o777, 0o660)
        self.assertEqual(self.ask("port", "show")["ports"][0]["name"], "gw")
        self.assertEqual(self.ask("stats", "a", "b")["params"], {"names": ["a", "b"]})
        self.assertEqual(self.ask("drops")["params"], {"all": False})
        self.assertEqual(self.ask("drops", "--all")["params"], {"all": True})
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(10), 0)
        self.assertFalse(alive(pid))
        self.assertEqual(os.listdir(self.run_dir), [])

    def test_latency_first_option(self):
        self.launch("--latency-first")
        self.dataplane_pid()
        wait_for("the settings are applied", lambda: self.dataplane()["applied"].get("latency_first"))
        self.assertTrue(self.dataplane()["applied"]["started_latency_first"])
        setting = self.ask("config", "get", "latency_first")["config"][0]
        self.assertEqual((setting["value"], setting["source"]), (True, "option"))

    def test_killed_dataplane_is_started_again(self):
        self.start()
        pid = self.dataplane_pid()
        self.ctl("config", "set", "latency_first", "on")
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        status = wait_for("another serves", lambda: (s := self.dataplane()) and s["pid"] != pid and s)
        self.assertLess(time.monotonic() - killed, 2)
        self.assertEqual(status["restarts"], 1)
        wait_for("settings are applied again", lambda: self.dataplane()["applied"].get("latency_first"))
        self.assertIn("killed by signal 9", self.log_text())

    def test_killed_daemon_leaves_the_dataplane(self):
        daemon = self.start()
        pid = self.dataplane_pid()
        daemon.kill()
        daemon.wait()
        self.assertTrue(alive(pid))
        self.start()
        self.assertEqual(self.dataplane_pid(), pid)
        self.assertIn("attached to the running one", self.log_text())
        # One it did not start itself is watched all the same.
        os.kill(pid, signal.SIGKILL)
        wait_for("another serves", lambda: (s := self.dataplane()) and s["pid"] != pid)

    def test_failing_dataplane_is_backed_off_and_explained(self):
        os.mkdir(self.run_dir)
        self.steer("fail", True)
        self.launch()
        text = wait_for("three starts", lambda: (t := self.log_text()).count("exited with status 3") >= 3 and t)
        delays = [int(ms) for ms in re.findall(r"again in (\d+) ms", text)]
        self.assertEqual(delays[:3], [100, 200, 400])
        status = self.ask("status")["dataplane"]
        self.assertIn(status["state"], ("failed", "starting"))
        refused = self.ctl("port", "show")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the data plane", refused.stderr)
        self.steer("fail", False)
        self.dataplane_pid()

    def test_missing_program(self):
        daemon = self.launch("--dataplane", "/nonexistent/godwit-dataplane")
        wait_for("the reason is told", lambda: "cannot start /nonexistent/godwit-dataplane: No such file"
                 in self.ctl("status").stdout)
        daemon.terminate()
        self.assertEqual(daemon.wait(10), 0)

    def test_silent_dataplane_does_not_hold_up_others(self):
        self.start()
        self.steer("silent", True)
        stuck = threading.Thread(target=self.ctl, args=("stats",))
        stuck.start()
        time.sleep(0.2)
        began = time.monotonic()
        self.assertEqual(self.ctl("config", "get").returncode, 0)
        self.assertLess(time.monotonic() - began, 2)
        stuck.join()
        refused = self.ctl("drops")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("does not answer", refused.stderr)
        self.assertEqual(self.ask("status")["dataplane"]["state"], "unresponsive")
        self.steer("silent", False)
        wait_for("it answers again", lambda: self.ctl("drops").returncode == 0)

    def test_settings_persist(self):
        daemon = self.start()
        before = {s["key"]: s for s in self.ask("config", "get")["config"]}
        self.assertEqual((before["quantum_us"]["value"], before["quantum_us"]["source"]), (3, "file"))
        self.assertEqual((before["max_value_bytes"]["value"], before["max_value_bytes"]["source"]),
                         (8388608, "default"))
        self.assertEqual(self.ctl("config", "set", "quantum_us", "7").returncode, 0)
        self.assertEqual(self.dataplane()["applied"]["quantum_us"], 7)
        daemon.terminate()
        daemon.wait(10)
        daemon = self.start()
        setting = self.ask("config", "get", "quantum_us")["config"][0]
        self.assertEqual((setting["value"], setting["source"]), (7, "runtime"))
        wait_for("it is applied", lambda: self.dataplane()["applied"].get("quantum_us") == 7)
        self.assertEqual(self.ctl("config", "set", "quantum_us", "default").returncode, 0)
        self.assertEqual(self.dataplane()["applied"]["quantum_us"], 3)
        self.assertEqual(self.ask("config", "get", "quantum_us")["config"][0]["source"], "file")

    def test_settings_survive_kill(self):
        for value in range(10, 20):
            daemon = self.start()
            self.assertEqual(self.ctl("config", "set", "quantum_us", str(value)).returncode, 0)
            daemon.kill()
            daemon.wait()
        self.start()
        self.assertEqual(self.ask("config", "get", "quantum_us")["config"][0]["value"], 19)

    def test_refused_settings_change_nothing(self):
        self.start()
        for args, reason in (
                (("quantum_us", "1001"), "give a number of microseconds from 1 to 1000"),
                (("quantum_us", "fast"), "give a number of microseconds from 1 to 1000"),
                (("latency_first", "2"), "give true or false"),
                (("quantum_us", "999"), "quantum_us 999 is refused here"),
                (("workers", "2"), "read at start only"),
                (("quantum", "2"), "did you mean 'quantum_us'?")):
            done = self.ctl("config", "set", *args)
            self.assertEqual(done.returncode, 1)
            self.assertIn(reason, done.stderr)
        sources = {s["key"]: s["source"] for s in self.ask("config", "get")["config"]}
        self.assertNotIn("runtime", sources.values())

    def test_second_daemon_is_refused(self):
        self.start()
        second = self.launch()
        self.assertEqual(second.wait(10), 1)
        self.assertIn("already runs", self.log_text())
        self.assertEqual(self.ctl("status").returncode, 0)

    def test_bad_configuration(self):
        with open(self.config, "a", encoding="ascii") as f:
            f.write("workers: 0\n")
        self.assertEqual(self.launch().wait(10), 2)
        self.assertIn(f"{self.config}:7: workers: '0' is not accepted; give a number from 1 to 64",
                      self.log_text())

    def test_damaged_store(self):
        os.mkdir(self.dir.name + "/data")
        with open(self.dir.name + "/data/config.db", "wb") as f:
            f.write(b"no database" * 1000)
        self.assertEqual(self.launch().wait(10), 1)
        self.assertIn("move it away", self.log_text())
        self.assertFalse(os.path.exists(self.control))

    def test_systemd_is_told(self):
        path = self.dir.name + "/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(10)
            daemon = self.launch(env={**os.environ, "NOTIFY_SOCKET": path})
            self.assertIn("READY=1", s.recv(1000).decode())
            daemon.terminate()
            self.assertIn("STOPPING=1", s.recv(1000).decode())

    def test_tables_for_people(self):
        self.start()
        for args, expected in (
                (("status",), "requests  1,234,567"),
                (("status",), "memory    1.0 MiB used of 256.0 MiB"),
                (("port", "show"), "link        up, 10,000 Mbit/s"),
                (("worker", "show"), "lookup           25.0 %"),
                (("stats",), "ip4_bad_checksum  drop  7,654  IPv4 header checksum wrong"),
                (("config", "get"), "quantum_us       3"),
                (("top", "--once"), "requests/s  "),
                (("version",), "godwitd    ")):
            done = self.ctl(*args)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(expected, done.stdout)

    def test_top_counts_what_passed(self):
        self.start()
        rates = self.ask("top")
        self.assertAlmostEqual(rates["requests_per_s"] * rates["seconds"], 500, delta=1)
        self.assertEqual(rates["workers"][0]["state"], "polling")

    def test_top_is_live_until_q(self):
        self.start()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(GODWITCTL, [GODWITCTL, "--socket", self.control, "top"])
        shown = ""
        while "worker" not in shown:
            shown += os.read(terminal, 4096).decode()
        self.assertIn("requests/s", shown)
        os.write(terminal, b"q")
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        os.close(terminal)

    @unittest.skipIf(os.geteuid() != 0, "needs root to become another user")
    def test_strangers_are_refused(self):
        ctl = readable_copy(GODWITCTL, self.dir.name)
        self.start()
        # Even where the file's mode would let them in.
        os.chmod(self.control, 0o666)
        ask = [ctl, "--socket", self.control, "status"]
        options = {"text": True, "capture_output": True, "check": False, "user": 65534, "extra_groups": []}
        refused = subprocess.run(ask, group=65534, **options)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no permission", refused.stderr)
        os.chown(self.control, -1, 4)
        self.assertEqual(subprocess.run(ask, group=4, **options).returncode, 0)
        self.assertEqual(subprocess.run(ask, group=65534, **{**options, "extra_groups": [4]}).returncode, 0)

    def test_unknown_group(self):
        self.assertEqual(self.launch("--group", "no-such-group").wait(10), 1)
        self.assertIn("group no-such-group does not exist: groupadd", self.log_text())

    def test_clients_that_never_read(self):
        self.start()
        stuck = []
        for _ in range(200):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.connect(self.control)
            s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"config.get"}\n' * 10)
            stuck.append(s)
        self.assertEqual(self.ctl("version").returncode, 0)
        for s in stuck:
            s.close()


class CommandLine(unittest.TestCase):
    def run_ctl(self, *args, **env):
        return subprocess.run([GODWITCTL, *args], text=True, capture_output=True, timeout=20, check=False,
                              env={**os.environ, **env})

    def test_no_daemon(self):
        done = self.run_ctl("status", GODWIT_SOCKET="/nonexistent/control.sock")
        self.assertEqual(done.returncode, 1)
        self.assertIn("godwitd is not running: nobody listens on /nonexistent/control.sock", done.stderr)
        self.assertIn("systemctl start godwitd", done.stderr)

    def test_wrong_use(self):
        for args, reason in (
                ((), "no verb given"),
                (("stauts",), "did you mean 'status'?"),
                (("port",), "with this first word: port show"),
                (("wroker", "show"), "did you mean 'worker show'?"),
                (("frobnicate",), "no verb 'frobnicate'"),
                (("tenant", "add", "x"), "no verb 'tenant add'"),
                (("config", "set", "x"), "needs KEY VALUE"),
                (("status", "x"), "unexpected argument x"),
                (("status", "--all"), "takes no option --all"),
                (("status", "--nothing"), "unrecognized option")):
            done = self.run_ctl(*args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn(reason, done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "needs root to become another user")
    def test_no_permission(self):
        with tempfile.TemporaryDirectory() as d:
            ctl = readable_copy(GODWITCTL, d)
            path = d + "/control.sock"
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.bind(path)
                s.listen()
                os.chmod(path, 0o660)
                os.chown(path, 0, 4)
                done = subprocess.run([ctl, "--socket", path, "status"], text=True, capture_output=True,
                                      check=False, user=65534, group=65534, extra_groups=[])
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no permission for {path}: be root or in group adm", done.stderr)

    def test_help_names_every_verb(self):
        overview = self.run_ctl("--help").stdout
        verbs = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", overview, re.M)
        self.assertIn("worker show", verbs)
        for verb in verbs:
            done = self.run_ctl(*verb.split(), "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn(f"Usage: godwitctl {verb}", done.stdout)

    def complete(self, *words):
        script = (f"source <('{GODWITCTL}' --bash-completion); COMP_WORDS=(godwitctl {' '.join(words)} ''); "
                  f"COMP_CWORD={len(words) + 1}; _godwitctl; echo \"${{COMPREPLY[@]}}\"")
        return subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True).stdout.split()

    def test_completion(self):
        self.assertIn("status", self.complete())
        self.assertEqual(self.complete("config"), ["get", "set"])
        self.assertIn("--all", self.complete("drops"))
        self.assertNotIn("--all", self.complete("worker", "show"))

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([GODWITCTL, "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
