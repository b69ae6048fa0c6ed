from django.contrib.auth.hashers import get_hashers, make_password
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Adds a person for each hasher, named after it, and one without a password."

    def add_arguments(self, parser):
        parser.add_argument("password")

    def handle(self, *, password, **options):
        members = Group.objects.create(name="Members of old")
        for hasher in get_hashers():
            name = hasher.algorithm
            user = User.objects.create(
                username=name,
                email=f"{name}@example.test",
                first_name="Person",
                last_name=name,
                password=make_password(password, hasher=name),
            )
            user.groups.add(members)
        User.objects.create_user("nobody", "nobody@example.test")
