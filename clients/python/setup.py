"""Makes the stubs of the API while the package is built; pyproject.toml has the rest.

They are made of ../../proto by grpcio-tools, which pip brings along, or else by `protoc` and `grpc_python_plugin` of
PATH (Debian: protobuf-compiler, protobuf-compiler-grpc), with `pip install --no-build-isolation`.
"""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"


def generator():
    """The command of the protobuf compiler, without its arguments."""
    try:
        import grpc_tools.protoc  # noqa: F401

        return [sys.executable, "-m", "grpc_tools.protoc"]
    except ImportError:
        compiler, plugin = shutil.which("protoc"), shutil.which("grpc_python_plugin")
        if compiler is None or plugin is None:
            sys.exit(
                "tinyrig: the API's stubs need grpcio-tools, or protoc and grpc_python_plugin\n"
                "  hint: install the Debian packages protobuf-compiler and protobuf-compiler-grpc"
            )
        return [compiler, f"--plugin=protoc-gen-grpc_python={plugin}"]


def dependencies():
    """Generated stubs refuse a library that is older than what made them."""
    try:
        tools = metadata.version("grpcio-tools")
        return [f"grpcio>={tools}", f"protobuf>={metadata.version('protobuf')}"]
    except metadata.PackageNotFoundError:
        return ["grpcio>=1.51", "protobuf>=4.21"]


class BuildWithStubs(build_py):
    def run(self):
        super().run()
        if not PROTO.is_dir():
            sys.exit(f"tinyrig: {PROTO} is not there\n  hint: install from a clone: pip install ./clients/python")
        # An editable installation runs from the sources: the stubs are beside them then.
        target = HERE if getattr(self, "editable_mode", False) else Path(self.build_lib)
        outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
        protos = sorted(str(path.relative_to(PROTO)) for path in (PROTO / "tinyrig" / "v1").glob("*.proto"))
        subprocess.run([*generator(), f"--proto_path={PROTO}", *outputs, *protos], check=True)


setup(cmdclass={"build_py": BuildWithStubs}, install_requires=dependencies())
