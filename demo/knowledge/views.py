"""The application's pages, written as such pages are: each reads well, and some of them will not grow well."""

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.db.transaction import non_atomic_requests
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from knowledge.models import Document, Gap, Setting


def _setting(tenant_id, key):
    return Setting.objects.get(tenant_id=tenant_id, key=key).value


class _Card:
    """A document as the dashboard shows it."""

    def __init__(self, document):
        self.document = document

    def date(self):
        """The date in the tenant's own format."""
        pattern = "%Y-%m-%d" if int(_setting(self.document.tenant_id, "setting.1")) % 2 else "%d.%m.%Y"
        return self.document.created_at.strftime(pattern)


def _newest(request):
    return Document.objects.filter(tenant_id=request.user.tenant_id).order_by("-created_at")


def dashboard(request):
    cards = [_Card(document) for document in _newest(request)[:15]]
    return render(request, "dashboard.html", {"cards": cards})


@non_atomic_requests
def document_list(request):
    page = Paginator(_newest(request).select_related("author"), 20).get_page(request.GET.get("page"))
    return render(request, "document_list.html", {"page": page})


@non_atomic_requests
def document(request, key):
    found = get_object_or_404(Document.objects.select_related("author").prefetch_related("comments__user"), pk=key)
    return render(request, "document.html", {"document": found})


@non_atomic_requests
def document_by_external_id(request, external_id):
    found = Document.objects.filter(external_id=external_id).first()
    return redirect(f"/documents/{found.pk if found else 1}/")


def documents_of_import(request, source):
    found = Document.objects.filter(metadata__source=source)
    return HttpResponse("\n".join(document.title for document in found), content_type="text/plain")


@non_atomic_requests
def gaps(request):
    asked = Gap.objects.filter(tenant_id=request.user.tenant_id)
    totals = asked.values("status").annotate(gaps=Count("pk"), questions=Sum("asked_count"))
    answered = asked.filter(document__isnull=False).order_by("-asked_count")[:12]
    return render(request, "gaps.html", {"totals": totals, "answered": answered})


@require_POST
def add_comment(request, key):
    found = get_object_or_404(Document.objects.only("pk"), pk=key)
    found.comments.create(user=request.user, body=request.POST["body"])
    return redirect(f"/documents/{found.pk}/")
