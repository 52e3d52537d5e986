"""environments.yaml -> what every repository's environments shall be."""

from envsync.config.codes import Code
from envsync.config.configuration import Configuration, Owners
from envsync.config.load import load
from envsync.config.repositories import RepositoryPattern

__all__ = ["Code", "Configuration", "Owners", "RepositoryPattern", "load"]
