"""The knowledge base's tables as Django models; schema.sql creates them."""

from django.db import models


class Tenant(models.Model):
    name = models.TextField()
    plan = models.TextField()

    class Meta:
        managed = False
        db_table = "tenants"


class User(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="users")
    email = models.TextField(unique=True)
    display_name = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "users"


class Session(models.Model):
    session_key = models.TextField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    data = models.JSONField(default=dict)
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "sessions"


class Setting(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="settings")
    key = models.TextField()
    value = models.TextField()

    class Meta:
        managed = False
        db_table = "settings"


class Publisher(models.Model):
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "publishers"


class Author(models.Model):
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="authors")
    name = models.TextField()
    active = models.BooleanField(default=True)

    class Meta:
        managed = False
        db_table = "authors"


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="books")
    title = models.TextField()
    published_on = models.DateField()

    class Meta:
        managed = False
        db_table = "books"


class Tag(models.Model):
    label = models.TextField()

    class Meta:
        managed = False
        db_table = "tags"


class Document(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="documents")
    author = models.ForeignKey(Author, models.CASCADE, related_name="documents")
    reviewer = models.ForeignKey(Author, models.CASCADE, related_name="reviews")
    tags = models.ManyToManyField(Tag, through="DocumentTag", related_name="documents")
    title = models.TextField()
    content = models.TextField()
    status = models.TextField()
    external_id = models.TextField()
    metadata = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "documents"


class DocumentTag(models.Model):
    # The table's key is the pair; Django wants one column, and nothing here reads this model alone.
    document = models.ForeignKey(Document, models.CASCADE, primary_key=True)
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        managed = False
        db_table = "document_tags"


class Chunk(models.Model):
    document = models.ForeignKey(Document, models.CASCADE, related_name="chunks")
    position = models.IntegerField()
    body = models.TextField()
    token_count = models.IntegerField()

    class Meta:
        managed = False
        db_table = "document_chunks"


class Comment(models.Model):
    document = models.ForeignKey(Document, models.CASCADE, related_name="comments")
    user = models.ForeignKey(User, models.CASCADE, related_name="comments")
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "comments"


class Gap(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="gaps")
    document = models.ForeignKey(Document, models.SET_NULL, null=True, related_name="gaps")
    question = models.TextField()
    asked_count = models.IntegerField(default=0)
    status = models.TextField(default="open")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "knowledge_gaps"


class Job(models.Model):
    document = models.ForeignKey(Document, models.CASCADE, related_name="jobs")
    kind = models.TextField()
    status = models.TextField(default="pending")
    attempts = models.IntegerField(default=0)

    class Meta:
        managed = False
        db_table = "jobs"


class AuditEvent(models.Model):
    tenant = models.ForeignKey(Tenant, models.DO_NOTHING, db_constraint=False, related_name="+")
    action = models.TextField()
    request_id = models.TextField()
    occurred_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "audit_events"
